// Texts of time-stamp records; queries and replies with OpenSSL's TS.
#include "ledger/format/timestamp.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

#include <memory>

#include "ledger/base/text.h"
#include "ledger/merkle/tree.h"

namespace varve::format {
namespace {

/// A reply is a token and a status with an explanation.
constexpr std::size_t kReplyMax = kTimeTokenMax + (4u << 10);

struct FreeExchange {
  void operator()(TS_REQ* p) const { TS_REQ_free(p); }
  void operator()(TS_RESP* p) const { TS_RESP_free(p); }
  void operator()(TS_MSG_IMPRINT* p) const { TS_MSG_IMPRINT_free(p); }
  void operator()(X509_ALGOR* p) const { X509_ALGOR_free(p); }
  void operator()(ASN1_INTEGER* p) const { ASN1_INTEGER_free(p); }
  void operator()(unsigned char* p) const { OPENSSL_free(p); }
};
template <class T>
using Freed = std::unique_ptr<T, FreeExchange>;

Buffer taken(int length, unsigned char* encoded) {
  const Freed<unsigned char> owned(encoded);
  CHECK(length > 0);  // of a structure that was built here or parsed: only memory can be missing
  return to_buffer(std::as_bytes(std::span{encoded, static_cast<std::size_t>(length)}));
}

/// The words of an authority that refuses, as it wrote them: UTF-8, one behind the other.
std::string words_of(TS_STATUS_INFO& status) {
  std::string words;
  const auto* const texts = TS_STATUS_INFO_get0_text(&status);
  for (int k = 0; texts != nullptr && k < sk_ASN1_UTF8STRING_num(texts); ++k) {
    const ASN1_UTF8STRING* const text = sk_ASN1_UTF8STRING_value(texts, k);
    words.append(": ").append(text_of(std::as_bytes(std::span{
        ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text))})));
  }
  return words;
}

}  // namespace

std::string timestamp_text(const Timestamp& timestamp) {
  return checkpoint_text(timestamp.checkpoint) + "\n" + base64(timestamp.token) + "\n";
}

Result<Timestamp> parse_timestamp(std::string_view payload) {
  const std::size_t end = payload.find("\n\n");
  if (end == std::string_view::npos || !payload.ends_with('\n'))
    return invalid("a time stamp is a checkpoint, an empty line and a token");
  std::string_view token = payload.substr(end + 2);
  if (token.empty()) return invalid("a time stamp has no token");
  token.remove_suffix(1);
  if (token.size() > (kTimeTokenMax + 2) / 3 * 4)
    return invalid("the token of a time stamp has more than " + std::to_string(kTimeTokenMax) +
                   " bytes");
  Timestamp timestamp;
  ASSIGN_OR_RETURN(timestamp.checkpoint, parse_checkpoint_text(payload.substr(0, end + 1)));
  ASSIGN_OR_RETURN(timestamp.token, decode_base64(token));
  if (timestamp.token.empty() || timestamp.token.size() > kTimeTokenMax)
    return invalid("the token of a time stamp is empty, or has more than " +
                   std::to_string(kTimeTokenMax) + " bytes");
  return timestamp;
}

Buffer time_query(const Checkpoint& checkpoint, std::optional<std::uint64_t> nonce) {
  const Hash hash = merkle::sha256(bytes_of(checkpoint_text(checkpoint)));
  const Freed<TS_REQ> query(TS_REQ_new());
  const Freed<TS_MSG_IMPRINT> imprint(TS_MSG_IMPRINT_new());
  const Freed<X509_ALGOR> algorithm(X509_ALGOR_new());
  CHECK(query && imprint && algorithm);
  CHECK(X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1);
  Buffer bytes = to_buffer(hash.view());
  CHECK(TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
        TS_MSG_IMPRINT_set_msg(imprint.get(), u8(MutableBytes{bytes}),
                               static_cast<int>(bytes.size())) == 1 &&
        TS_REQ_set_version(query.get(), 1) == 1 &&
        TS_REQ_set_msg_imprint(query.get(), imprint.get()) == 1 &&
        TS_REQ_set_cert_req(query.get(), 1) == 1);
  if (nonce) {
    const Freed<ASN1_INTEGER> number(ASN1_INTEGER_new());
    CHECK(number && ASN1_INTEGER_set_uint64(number.get(), *nonce) == 1 &&
          TS_REQ_set_nonce(query.get(), number.get()) == 1);
  }
  unsigned char* encoded = nullptr;
  const int length = i2d_TS_REQ(query.get(), &encoded);
  return taken(length, encoded);
}

Result<Buffer> token_in_reply(Bytes reply) {
  if (reply.size() > kReplyMax)
    return invalid("the reply has more than " + std::to_string(kReplyMax) + " bytes");
  ERR_set_mark();  // what OpenSSL says about a bad reply is no error of anybody else
  const unsigned char* at = u8(reply);
  const Freed<TS_RESP> parsed(d2i_TS_RESP(nullptr, &at, static_cast<long>(reply.size())));
  ERR_pop_to_mark();
  if (!parsed || at != u8(reply) + reply.size())
    return invalid("it is not the reply of a time-stamping authority");
  TS_STATUS_INFO* const status = TS_RESP_get_status_info(parsed.get());
  PKCS7* const token = TS_RESP_get_token(parsed.get());
  const long granted = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status));
  if (token == nullptr || (granted != TS_STATUS_GRANTED && granted != TS_STATUS_GRANTED_WITH_MODS))
    return not_found("the time-stamping authority gave no token" + words_of(*status));
  unsigned char* encoded = nullptr;
  const int length = i2d_PKCS7(token, &encoded);
  return taken(length, encoded);
}

}  // namespace varve::format
