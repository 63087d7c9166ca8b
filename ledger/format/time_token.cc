// The steps of RFC 3161, section 2.4.2, with OpenSSL's TS and PKCS #7.
#include "ledger/format/time_token.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "ledger/base/text.h"
#include "ledger/format/retention.h"
#include "ledger/merkle/tree.h"

namespace varve::format {
namespace {

constexpr std::uint64_t kSecondUs = 1'000'000;
constexpr int kRsaMinBits = 2'048;
constexpr int kRsaMaxBits = 8'192;

struct FreeOpenSsl {
  void operator()(PKCS7* p) const { PKCS7_free(p); }
  void operator()(TS_TST_INFO* p) const { TS_TST_INFO_free(p); }
  void operator()(X509_STORE* p) const { X509_STORE_free(p); }
  void operator()(ASN1_TIME* p) const { ASN1_TIME_free(p); }
  void operator()(STACK_OF(X509) * p) const { sk_X509_free(p); }  // not the certificates
  void operator()(unsigned char* p) const { OPENSSL_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeOpenSsl>;

/// Leaves the thread's queue of OpenSSL errors as it was: a bad token is no error of anybody else.
struct ErrorQueueMark {
  ErrorQueueMark() { ERR_set_mark(); }
  ErrorQueueMark(const ErrorQueueMark&) = delete;
  ErrorQueueMark& operator=(const ErrorQueueMark&) = delete;
  ~ErrorQueueMark() { ERR_pop_to_mark(); }
};

bool is_exactly(int length, unsigned char* encoded, Bytes bytes) {
  const Owned<unsigned char> owned(encoded);
  return length > 0 &&
         std::ranges::equal(std::as_bytes(std::span{encoded, static_cast<std::size_t>(length)}),
                            bytes);
}

/// One spelling of a token: DER, and nothing behind it. What is in it (certificates) keeps its own.
Result<Owned<PKCS7>> parse_token(Bytes bytes) {
  const unsigned char* at = u8(bytes);
  Owned<PKCS7> token(d2i_PKCS7(nullptr, &at, static_cast<long>(bytes.size())));
  unsigned char* again = nullptr;
  const int length = token ? i2d_PKCS7(token.get(), &again) : 0;
  if (!is_exactly(length, again, bytes))
    return invalid("it is not a time-stamp token in DER, or something follows it");
  return token;
}

/// The octets that were signed, or nothing where the token is of another type.
const ASN1_OCTET_STRING* signed_octets(const PKCS7& token) {
  if (OBJ_obj2nid(token.type) != NID_pkcs7_signed || token.d.sign == nullptr) return nullptr;
  const PKCS7* const inner = token.d.sign->contents;
  if (inner == nullptr || OBJ_obj2nid(inner->type) != NID_id_smime_ct_TSTInfo ||
      inner->d.other == nullptr || inner->d.other->type != V_ASN1_OCTET_STRING)
    return nullptr;
  return inner->d.other->value.octet_string;
}

Result<Owned<TS_TST_INFO>> parse_info(const PKCS7& token) {
  const ASN1_OCTET_STRING* const octets = signed_octets(token);
  if (octets == nullptr) return invalid("it is signed data of another type than a time stamp");
  const Bytes bytes = std::as_bytes(std::span{
      ASN1_STRING_get0_data(octets), static_cast<std::size_t>(ASN1_STRING_length(octets))});
  const unsigned char* at = u8(bytes);
  Owned<TS_TST_INFO> info(d2i_TS_TST_INFO(nullptr, &at, static_cast<long>(bytes.size())));
  unsigned char* again = nullptr;
  const int length = info ? i2d_TS_TST_INFO(info.get(), &again) : 0;
  if (!is_exactly(length, again, bytes))
    return invalid("what it states is not a time stamp in DER");
  if (TS_TST_INFO_get_version(info.get()) != 1)
    return invalid("it is a time stamp of another version than 1");
  if (TS_TST_INFO_get_ext_by_critical(info.get(), 1, -1) >= 0)
    return invalid("it has a critical extension, which this program does not know");
  return info;
}

/// SHA-256 or better: the digests that a token may use for what it is over and for its signature.
const EVP_MD* strong_digest(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  switch (OBJ_obj2nid(object)) {
    case NID_sha256:
      return EVP_sha256();
    case NID_sha384:
      return EVP_sha384();
    case NID_sha512:
      return EVP_sha512();
    default:
      return nullptr;
  }
}

Result<void> is_over(TS_TST_INFO& info, std::string_view text) {
  TS_MSG_IMPRINT* const imprint = TS_TST_INFO_get_msg_imprint(&info);
  const EVP_MD* const digest = strong_digest(TS_MSG_IMPRINT_get_algo(imprint));
  if (digest == nullptr)
    return invalid("it is over a hash by another function than SHA-256, SHA-384 or SHA-512");
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int length = 0;
  if (EVP_Digest(text.data(), text.size(), hash.data(), &length, digest, nullptr) != 1)
    return invalid("the text could not be hashed");
  const ASN1_OCTET_STRING* const said = TS_MSG_IMPRINT_get_msg(imprint);
  if (!std::ranges::equal(std::span{hash}.first(length),
                          std::span{ASN1_STRING_get0_data(said),
                                    static_cast<std::size_t>(ASN1_STRING_length(said))}))
    return invalid("it is over another text");
  return {};
}

/// Seconds since 1970 of "YYYYMMDDHHMMSSZ". OpenSSL knows which of these are dates.
Result<std::uint64_t> seconds_of(const std::string& text) {
  const Owned<ASN1_TIME> moment(ASN1_TIME_new());
  const Owned<ASN1_TIME> epoch(ASN1_TIME_new());
  int days = 0;
  int seconds = 0;
  if (!moment || !epoch || ASN1_TIME_set_string(epoch.get(), "19700101000000Z") != 1 ||
      ASN1_TIME_set_string(moment.get(), text.c_str()) != 1 ||
      ASN1_TIME_diff(&days, &seconds, epoch.get(), moment.get()) != 1 || days < 0 || seconds < 0)
    return invalid("its time does not exist, or is before 1970");
  return static_cast<std::uint64_t>(days) * 86'400 + static_cast<std::uint64_t>(seconds);
}

/// "YYYYMMDDHHMMSS[.fraction]Z", the fraction without zeros at its end. What is finer than a
/// microsecond is cut off, and the accuracy is a microsecond less for it. Source: RFC 3161, 2.4.2
Result<SignedTime> parse_time(std::string_view text) {
  constexpr std::size_t kWhole = 14;
  const auto all_digits = [](std::string_view part) {
    return std::ranges::all_of(part, [](char c) { return '0' <= c && c <= '9'; });
  };
  const auto wrong = [] { return invalid("its time is spelled wrongly"); };
  if (text.size() <= kWhole || !text.ends_with('Z') || !all_digits(text.substr(0, kWhole)))
    return wrong();
  ASSIGN_OR_RETURN(const std::uint64_t seconds,
                   seconds_of(std::string(text.substr(0, kWhole)) + "Z"));
  std::string_view fraction = text.substr(kWhole, text.size() - kWhole - 1);
  SignedTime said{{}, seconds * kSecondUs, 0};
  if (fraction.empty()) return said;
  if (!fraction.starts_with('.') || fraction.size() < 2 || fraction.ends_with('0')) return wrong();
  fraction.remove_prefix(1);
  if (!all_digits(fraction)) return wrong();
  std::uint64_t unit = kSecondUs;
  for (const char digit : fraction.substr(0, 6))
    said.time_us += (unit /= 10) * static_cast<std::uint64_t>(digit - '0');
  said.accuracy_us = fraction.size() > 6 ? 1 : 0;
  return said;
}

/// 0 where the number is absent. Errors: kInvalid  it is negative, or more than a minute.
Result<std::uint64_t> accuracy_part(const ASN1_INTEGER* number) {
  std::uint64_t value = 0;
  if (number == nullptr) return value;
  if (ASN1_INTEGER_get_uint64(&value, number) != 1 || value > kAccuracyMaxUs)
    return invalid("its accuracy is out of bounds");
  return value;
}

Result<SignedTime> time_of(TS_TST_INFO& info) {
  const ASN1_GENERALIZEDTIME* const time = TS_TST_INFO_get_time(&info);
  ASSIGN_OR_RETURN(
      SignedTime said,
      parse_time(text_of(std::as_bytes(std::span{
          ASN1_STRING_get0_data(time), static_cast<std::size_t>(ASN1_STRING_length(time))}))));
  std::uint64_t accuracy = 0;
  if (const TS_ACCURACY* const named = TS_TST_INFO_get_accuracy(&info)) {
    ASSIGN_OR_RETURN(const std::uint64_t seconds, accuracy_part(TS_ACCURACY_get_seconds(named)));
    ASSIGN_OR_RETURN(const std::uint64_t millis, accuracy_part(TS_ACCURACY_get_millis(named)));
    ASSIGN_OR_RETURN(const std::uint64_t micros, accuracy_part(TS_ACCURACY_get_micros(named)));
    if (millis > 999 || micros > 999) return invalid("its accuracy is spelled wrongly");
    accuracy = seconds * kSecondUs + millis * 1'000 + micros;
  }
  said.accuracy_us += std::max(accuracy, kSecondUs);
  if (said.accuracy_us > kAccuracyMaxUs) return invalid("it is less accurate than a minute");
  return said;
}

/// The certificate of the one signer, which the token itself carries.
Result<X509*> signer_of(PKCS7& token) {
  if (sk_PKCS7_SIGNER_INFO_num(PKCS7_get_signer_info(&token)) != 1)
    return invalid("it does not have exactly one signer");
  const Owned<STACK_OF(X509)> signers(PKCS7_get0_signers(&token, nullptr, 0));
  if (!signers || sk_X509_num(signers.get()) != 1)
    return invalid("it is without its signer's certificate: ask for it (openssl ts -query -cert)");
  return sk_X509_value(signers.get(), 0);
}

Result<void> is_strong(const EVP_PKEY* key) {
  if (key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
      EVP_PKEY_get_bits(key) >= kRsaMinBits && EVP_PKEY_get_bits(key) <= kRsaMaxBits)
    return {};
  std::array<char, 32> curve{};
  if (key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
      EVP_PKEY_get_group_name(key, curve.data(), curve.size(), nullptr) == 1)
    for (const int nid : {NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1})
      if (std::string_view(curve.data()) == OBJ_nid2sn(nid)) return {};
  return invalid("its signer's key is not RSA of 2048 to 8192 bits, nor P-256, P-384 or P-521");
}

/// What the signer signed besides the time stamp: that this is one, and which certificate is its own.
Result<void> check_attributes(PKCS7& token) {
  PKCS7_SIGNER_INFO* const signer = sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(&token), 0);
  X509_ALGOR* digest = nullptr;
  PKCS7_SIGNER_INFO_get0_algs(signer, nullptr, &digest, nullptr);
  if (strong_digest(digest) == nullptr)
    return invalid("it is signed with another hash than SHA-256, SHA-384 or SHA-512");
  const ASN1_TYPE* const type = PKCS7_get_signed_attribute(signer, NID_pkcs9_contentType);
  if (type == nullptr || type->type != V_ASN1_OBJECT ||
      OBJ_obj2nid(type->value.object) != NID_id_smime_ct_TSTInfo)
    return invalid("its signature is for data of another type than a time stamp");
  if (PKCS7_get_signed_attribute(signer, NID_id_smime_aa_signingCertificateV2) == nullptr)
    return invalid(
        "its signer does not say which certificate is its own by SHA-256 or better (RFC 5816): "
        "the authority has to be set up to do so");
  return {};
}

/// Trusts this one certificate, at this time: what is verified is what it says of itself.
Owned<X509_STORE> store_of(X509& certificate, std::uint64_t time_us) {
  Owned<X509_STORE> store(X509_STORE_new());
  if (!store || X509_STORE_add_cert(store.get(), &certificate) != 1 ||
      X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN) != 1)
    return nullptr;
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store.get()),
                             static_cast<time_t>(time_us / kSecondUs));
  return store;
}

/// Signature, certificate (its use, its time) and that it is the one that the signer names.
Result<void> verify_signer(PKCS7& token, X509& certificate, std::uint64_t time_us) {
  RETURN_IF_ERROR(is_strong(X509_get0_pubkey(&certificate)));
  if (X509_check_purpose(&certificate, X509_PURPOSE_TIMESTAMP_SIGN, 0) != 1)
    return invalid("its signer's certificate is not one for time stamps and nothing else");
  RETURN_IF_ERROR(check_attributes(token));
  const Owned<X509_STORE> store = store_of(certificate, time_us);
  if (store && TS_RESP_verify_signature(&token, nullptr, store.get(), nullptr) == 1) return {};
  const char* const why = ERR_reason_error_string(ERR_peek_last_error());
  return invalid("its signature, or its signer's certificate at that time, does not verify: " +
                 std::string(why == nullptr ? "no reason given" : why));
}

Result<Hash> key_of(const X509& certificate) {
  unsigned char* encoded = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &encoded);
  const Owned<unsigned char> owned(encoded);
  if (length <= 0) return invalid("its signer's key has no encoding");
  return merkle::sha256(std::as_bytes(std::span{encoded, static_cast<std::size_t>(length)}));
}

}  // namespace

Result<SignedTime> verify_time_token(Bytes bytes, std::string_view text) {
  if (bytes.size() > kTimeTokenMax)
    return invalid("it has more than " + std::to_string(kTimeTokenMax) + " bytes");
  const ErrorQueueMark mark;
  ASSIGN_OR_RETURN(const Owned<PKCS7> token, parse_token(bytes));
  ASSIGN_OR_RETURN(const Owned<TS_TST_INFO> info, parse_info(*token));
  RETURN_IF_ERROR(is_over(*info, text));
  ASSIGN_OR_RETURN(SignedTime said, time_of(*info));
  ASSIGN_OR_RETURN(X509* const certificate, signer_of(*token));
  RETURN_IF_ERROR(verify_signer(*token, *certificate, said.time_us));
  ASSIGN_OR_RETURN(said.key, key_of(*certificate));
  return said;
}

bool has_nonce(Bytes bytes, std::uint64_t nonce) {
  const ErrorQueueMark mark;
  const auto token = parse_token(bytes);
  const auto info = token ? parse_info(**token) : token.error();
  if (!info) return false;
  const ASN1_INTEGER* const repeated = TS_TST_INFO_get_nonce(info->get());
  std::uint64_t value = 0;
  return repeated != nullptr && ASN1_INTEGER_get_uint64(&value, repeated) == 1 && value == nonce;
}

}  // namespace varve::format
