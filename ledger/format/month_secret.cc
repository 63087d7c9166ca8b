// A month's secret as bytes, and back.
#include "ledger/format/month_secret.h"

#include "ledger/base/codec.h"

namespace varve::format {

Buffer encode_month_secret(const MonthSecret& secret) {
  Buffer out;
  ByteWriter(out).u32(kMonthSecretVersion).u32(secret.month).hash(secret.secret);
  return out;
}

Result<MonthSecret> decode_month_secret(Bytes payload) {
  ByteReader in(payload);
  const std::uint32_t version = in.u32();
  MonthSecret secret;
  secret.month = in.u32();
  secret.secret = in.hash();
  if (!in.at_end() || version != kMonthSecretVersion)
    return invalid("a month's secret has another length or version");
  return secret;
}

}  // namespace varve::format
