// Once a month was disposed of, nothing that is left on the disk tells whoever has a guess at an event
// whether it is right: neither what the event said, nor a hash of that alone, however it is written; and a
// mirror that is made then tells no more.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "ledger/base/text.h"
#include "tests/log/disposing.h"
#include "tests/log/restoring.h"

namespace varve::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

constexpr std::size_t kPrefix = 8;  // of a hash: files keep some of them in part

/// What confirms a guess, by what it is.
using Needles = std::map<std::string, std::string>;

std::string prefix_of(const Hash& hash) {
  return std::string(text_of(hash.view().first(kPrefix)));
}

/// Whole groups of the value in base64, when so many bytes stand in front of it: they are the same
/// whatever these are.
std::string base64_behind(std::size_t shift, const std::string& value) {
  const std::string text = base64(bytes_of(std::string(shift, 'x') + value));
  const std::size_t groups = (shift + value.size()) / 3 - (shift == 0 ? 0 : 1);
  return text.substr(shift == 0 ? 0 : 4, 4 * groups);
}

/// As files might write it: in bytes, in hex of either case, and in base64 wherever it begins.
std::vector<std::string> spellings(const std::string& value) {
  std::string upper = hex(bytes_of(value));
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
  std::vector<std::string> all{value, hex(bytes_of(value)), upper};
  for (const std::size_t shift : {0, 1, 2}) all.push_back(base64_behind(shift, value));
  return all;
}

TEST(Spellings, AreThoseOfTheValueWhereverItStands) {
  const std::string value = "\xfe\xdc\x00 guess"s;
  const std::vector<std::string> all = spellings(value);
  EXPECT_EQ(all[1], "fedc00206775657373");
  EXPECT_EQ(all[2], "FEDC00206775657373");
  for (const std::size_t before : {0, 1, 2, 3, 4, 5}) {
    const std::string text = base64(bytes_of(std::string(before, 'q') + value + "behind"));
    EXPECT_TRUE(std::ranges::any_of(all, [&](const std::string& spelling) {
      return text.find(spelling) != std::string::npos;
    })) << before;
  }
}

class Guessing : public Disposing {
 protected:
  /// Of each record that goes with January, and of the request that brought them.
  [[nodiscard]] Needles needles() {
    Needles all{{"key of the request", prefix_of(merkle::sha256(bytes_of("january")))}};
    std::string request;
    const LeafIndex end = view_end();
    for (std::uint64_t i = 0; i < end.value; ++i) {
      auto record = *format::decode_record(records_[i]);
      if (format::row_of(record.kind).fate != format::Fate::kGoes) continue;
      const std::string at = "of record " + std::to_string(i);
      if (record.kind == format::Kind::kEvent) request += text_of(record.payload);
      all["payload " + at] = text_of(record.payload);
      all["salt " + at] = text_of(record.salt);
      all["hash of the payload " + at] = prefix_of(merkle::sha256(record.payload));
      all["leaf hash of the payload " + at] = prefix_of(merkle::leaf_hash(record.payload));
      record.salt = {};
      const Buffer unsalted = *format::encode_record(record);
      all["hash of the record without its salt " + at] = prefix_of(merkle::sha256(unsalted));
      all["leaf hash without the salt " + at] = prefix_of(merkle::leaf_hash(unsalted));
    }
    all["content of the request"] = prefix_of(merkle::sha256(bytes_of(request)));
    return all;
  }
  /// Where they are, of all files of the store.
  [[nodiscard]] std::vector<std::string> found(const Needles& needles) const {
    std::vector<std::string> where;
    for (const auto& entry : fs::recursive_directory_iterator(world_.directory)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      for (const auto& [what, needle] : needles)
        for (const std::string& spelling : spellings(needle))
          if (bytes.find(spelling) != std::string::npos)
            where.push_back(what + " in " + fs::relative(entry.path(), world_.directory).string());
    }
    return where;
  }
};

TEST_F(Guessing, FindsNothingOnTheDiskOfAMonthThatWasDisposedOf) {
  const Needles all = needles();
  ASSERT_GT(all.size(), 6U * 6);
  const std::vector<std::string> before = found(all);
  EXPECT_EQ(before.size(), 2U) << "the request's key and content, in appends/";
  dispose_of_january();
  wait_until_said();
  ASSERT_TRUE(world_.reopen());
  mirror_to(world_.directory + "/mirror", *world_.log);
  for (const std::string& where : found(all)) ADD_FAILURE() << where;
  expect_january_gone();
}

}  // namespace
}  // namespace varve::testing
