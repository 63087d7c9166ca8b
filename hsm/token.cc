// Token: each call becomes a job that owns copies of its input, because it may outlive its caller.
#include "hsm/token.h"

#include "hsm/connection.h"
#include "hsm/data_objects.h"
#include "hsm/import.h"
#include "hsm/worker.h"
#include "hsm/wrapping.h"

namespace varve::hsm {
namespace {

/// Runs `job` on the worker and hands its result over, unless it comes too late.
template <class T>
Result<T> wait_for(Worker& worker, std::function<Result<T>()> job) {
  const auto slot = std::make_shared<std::unique_ptr<Result<T>>>();
  RETURN_IF_ERROR(worker.run([slot, job = std::move(job)] { slot->reset(new Result<T>(job())); }));
  return std::move(**slot);
}

format::Algorithm algorithm_of(Bytes public_key) {
  return public_key.size() == kHashSize ? format::Algorithm::kEd25519
                                        : format::Algorithm::kEcdsaP256;
}

Result<void> verify(Bytes public_key, Bytes message, Bytes signature) {
  format::VerifierKey key;
  key.algorithm = algorithm_of(public_key);
  key.key = to_buffer(public_key);
  return format::verify_signature(key, message, signature);
}

}  // namespace

Token::Token(std::string uri, std::chrono::milliseconds timeout,
             std::shared_ptr<Connection> connection)
    : uri_(std::move(uri)),
      timeout_(timeout),
      connection_(std::move(connection)),
      worker_(std::make_unique<Worker>(timeout)) {}

Result<std::unique_ptr<Token>> Token::open(TokenOptions options) {
  ASSIGN_OR_RETURN(Uri uri, Uri::parse(options.uri));
  if (!uri.names_token())
    return invalid("the token's URI has to name it by label or serial: pkcs11:token=LABEL");
  auto connection = std::make_shared<Connection>(std::move(options.module), std::move(uri),
                                                 std::move(options.pin), std::move(options.latch));
  return open_with(std::move(options.uri), std::chrono::milliseconds(options.timeout_ms),
                   std::move(connection));
}

Result<std::unique_ptr<Token>> Token::open_another() const {
  ASSIGN_OR_RETURN(auto connection, connection_->another());
  return open_with(uri_, timeout_, std::move(connection));
}

Result<std::unique_ptr<Token>> Token::open_with(std::string uri, std::chrono::milliseconds timeout,
                                                std::shared_ptr<Connection> connection) {
  std::unique_ptr<Token> token(new Token(std::move(uri), timeout, std::move(connection)));
  RETURN_IF_ERROR(
      wait_for<void>(*token->worker_, [shared = token->connection_] { return shared->open(); }));
  return token;
}

Token::~Token() {
  // The last owner of the connection closes it: this job, or a call that was left behind.
  auto last = [connection = std::move(connection_)]() mutable { connection.reset(); };
  static_cast<void>(worker_->run(std::move(last)));
}

template <class T>
Result<T> Token::call(std::function<Result<T>(Session&)> operation) {
  return wait_for<T>(*worker_, [shared = connection_, work = std::move(operation)] {
    return shared->run<T>(work);
  });
}

Result<Buffer> Token::sign(Bytes public_key, Bytes message) {
  ASSIGN_OR_RETURN(Buffer signature,
                   call<Buffer>([key = to_buffer(public_key), text = to_buffer(message)](
                                    Session& session) { return hsm::sign(session, key, text); }));
  if (auto good = verify(public_key, message, signature); !good)
    return io_error("the token gives a signature that does not verify: it was not used");
  return signature;
}

Result<Buffer> Token::wrap(std::string_view label, Bytes data_key) {
  ASSIGN_OR_RETURN(auto copy, env::SecretBytes::copy_of(data_key));
  const auto secret = std::make_shared<env::SecretBytes>(std::move(copy));
  return call<Buffer>([name = std::string(label), secret](Session& session) {
    return wrap_key(session, name, secret->view());
  });
}

Result<env::SecretBytes> Token::unwrap(std::string_view label, Bytes wrapped) {
  ASSIGN_OR_RETURN(auto room, env::SecretBytes::of_size(kDataKeySize));
  const auto key = std::make_shared<env::SecretBytes>(std::move(room));
  RETURN_IF_ERROR(
      call<void>([name = std::string(label), input = to_buffer(wrapped), key](Session& session) {
        return unwrap_key(session, name, input, key->mutable_view());
      }));
  return std::move(*key);
}

Result<PublicKey> Token::find_public_key(std::string_view object_uri) {
  ASSIGN_OR_RETURN(Uri uri, Uri::parse(std::string(object_uri)));
  return call<PublicKey>([shared = std::make_shared<Uri>(std::move(uri))](Session& session) {
    return hsm::find_public_key(session, *shared);
  });
}

Result<PublicKey> Token::create_key_pair(format::Algorithm algorithm, std::string_view label) {
  return call<PublicKey>([algorithm, name = std::string(label)](Session& session) {
    return hsm::create_key_pair(session, algorithm, name);
  });
}

Result<format::KeyStatement> Token::state_key(const PublicKey& key) {
  return call<format::KeyStatement>(
      [copy = key](Session& session) { return hsm::state_key(session, copy); });
}

Result<bool> Token::holds_kek(std::string_view label) {
  return call<bool>(
      [name = std::string(label)](Session& session) { return hsm::holds_kek(session, name); });
}

Result<unsigned> Token::sessions_left(unsigned most) {
  return call<unsigned>([most](Session& session) {
    return hsm::sessions_left(session.functions(), session.slot(), most);
  });
}

Result<void> Token::import_public_key(const PublicKey& key, std::string_view label) {
  return call<void>([copy = key, name = std::string(label)](Session& session) {
    return hsm::import_public_key(session, copy, name);
  });
}

Result<void> Token::remove_public_key(const PublicKey& key) {
  return call<void>(
      [copy = key](Session& session) { return hsm::remove_public_key(session, copy); });
}

Result<std::size_t> Token::destroy_keys(KeyUse use, std::string_view label) {
  return call<std::size_t>([use, name = std::string(label)](Session& session) {
    return hsm::destroy_keys(session, use, name);
  });
}

Result<std::vector<Buffer>> Token::read_data(std::string_view label) {
  return call<std::vector<Buffer>>(
      [name = std::string(label)](Session& session) { return hsm::read_data(session, name); });
}

Result<void> Token::write_data(std::string_view label, Bytes value) {
  return call<void>([name = std::string(label), bytes = to_buffer(value)](Session& session) {
    return hsm::write_data(session, name, bytes);
  });
}

Result<void> Token::try_data(std::string_view label) {
  return call<void>(
      [name = std::string(label)](Session& session) { return hsm::try_data(session, name); });
}

Result<std::vector<KeyInfo>> Token::list_keys() {
  return call<std::vector<KeyInfo>>([](Session& session) { return hsm::list_keys(session); });
}

}  // namespace varve::hsm
