// Ed25519 through libsodium; the seed never leaves guarded memory but for its own file.
#include "tools/collect/source_key.h"

#include <sodium.h>

#include <initializer_list>

#include "ledger/env/durable.h"

namespace varve::collect {
namespace {

static_assert(crypto_sign_SEEDBYTES == 32);
static_assert(crypto_sign_BYTES == format::kEd25519SignatureSize);

std::string signed_note(format::SourceAction action, const format::VerifierKey& subject,
                        const std::string& origin,
                        std::initializer_list<const SourceKey*> signers) {
  format::Note note;
  note.text = format::source_event_text({action, origin, subject});
  for (const SourceKey* key : signers) {
    const format::Ed25519Signature signature = key->sign(bytes_of(note.text));
    note.signatures.push_back({key->verifier().name, key->verifier().id, to_buffer(signature)});
  }
  return format::format_note(note);
}

}  // namespace

Result<SourceKey> SourceKey::from_seed(const env::SecretBytes& seed, const std::string& name) {
  SourceKey key;
  ASSIGN_OR_RETURN(key.secret_, env::SecretBytes::of_size(crypto_sign_SECRETKEYBYTES));
  Buffer public_key(crypto_sign_PUBLICKEYBYTES);
  CHECK(crypto_sign_seed_keypair(u8(MutableBytes{public_key}), u8(key.secret_.mutable_view()),
                                 u8(seed.view())) == 0);
  ASSIGN_OR_RETURN(key.source_, format::source_id(name));
  ASSIGN_OR_RETURN(key.verifier_,
                   format::make_verifier_key(name, format::Algorithm::kEd25519, public_key));
  return key;
}

Result<SourceKey> SourceKey::create(env::Filesystem& files, const std::string& path,
                                    const std::string& name, env::Random& random) {
  ASSIGN_OR_RETURN(const bool there, env::exists(files, path));
  if (there) return worm("there is a key already in " + path);
  ASSIGN_OR_RETURN(auto seed, env::SecretBytes::of_size(crypto_sign_SEEDBYTES));
  random.fill(seed.mutable_view());
  ASSIGN_OR_RETURN(SourceKey key, from_seed(seed, name));
  RETURN_IF_ERROR(env::write_durably(files, path, seed.view()));
  return key;
}

Result<SourceKey> SourceKey::load(const env::Filesystem& files, const std::string& path,
                                  const std::string& name) {
  ASSIGN_OR_RETURN(const std::unique_ptr<env::File> file, files.open_read(path));
  ASSIGN_OR_RETURN(const ByteOffset size, file->size());
  if (size.value != crypto_sign_SEEDBYTES)
    return corrupt(path + " is not a key: it has " + std::to_string(size.value) +
                   " bytes instead of 32");
  ASSIGN_OR_RETURN(auto seed, env::SecretBytes::of_size(crypto_sign_SEEDBYTES));
  RETURN_IF_ERROR(file->read(ByteOffset{0}, seed.mutable_view()));
  return from_seed(seed, name);
}

format::Ed25519Signature SourceKey::sign(Bytes message) const {
  format::Ed25519Signature signature{};
  CHECK(crypto_sign_detached(u8(MutableBytes{signature}), nullptr, u8(message), message.size(),
                             u8(secret_.view())) == 0);
  return signature;
}

std::string register_note(const SourceKey& key, const std::string& origin) {
  return signed_note(format::SourceAction::kRegister, key.verifier(), origin, {&key});
}

std::string rotate_note(const SourceKey& old_key, const SourceKey& new_key,
                        const std::string& origin) {
  return signed_note(format::SourceAction::kRotate, new_key.verifier(), origin,
                     {&old_key, &new_key});
}

}  // namespace varve::collect
