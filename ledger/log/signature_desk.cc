// Asking the token, and leaving its answer.
#include "ledger/log/signature_desk.h"

#include <utility>

namespace varve::log {
namespace {

Result<void> sign_by(const format::VerifierKey& key, env::Signer& signer, SignatureAnswer& answer) {
  const Bytes text = bytes_of(answer.note.text);
  ++answer.asked;
  ASSIGN_OR_RETURN(Buffer signature, signer.sign(key.key, text));
  if (!format::verify_signature(key, text, signature))
    return busy("the token gave a signature that does not verify");
  answer.note.signatures.push_back({key.name, key.id, std::move(signature)});
  return {};
}

}  // namespace

std::uint64_t SignatureDesk::open() {
  const MutexLock lock(mutex_);
  open_ = true;
  answer_.reset();
  return ++last_;
}

void SignatureDesk::close() {
  const MutexLock lock(mutex_);
  open_ = false;
  answer_.reset();
}

bool SignatureDesk::is_open(std::uint64_t epoch) const {
  const MutexLock lock(mutex_);
  return open_ && epoch == last_;
}

bool SignatureDesk::deliver(std::uint64_t epoch, SignatureAnswer answer) {
  const MutexLock lock(mutex_);
  if (!open_ || epoch != last_) return false;
  answer_ = std::move(answer);
  return true;
}

std::optional<SignatureAnswer> SignatureDesk::take(std::uint64_t epoch) {
  const MutexLock lock(mutex_);
  if (!open_ || epoch != last_ || !answer_) return std::nullopt;
  open_ = false;
  return std::exchange(answer_, std::nullopt);
}

void sign_for(SignatureDesk& desk, const SignatureRequest& request, env::Signer& signer) {
  SignatureAnswer answer{{format::checkpoint_text(request.checkpoint), {}}, 0, std::nullopt};
  for (const format::VerifierKey& key : request.keys) {
    if (!desk.is_open(request.epoch)) return;
    if (auto ok = sign_by(key, signer, answer); !ok) {
      answer.failed = std::move(ok).error();
      break;
    }
  }
  desk.deliver(request.epoch, std::move(answer));
}

}  // namespace varve::log
