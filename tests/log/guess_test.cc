// Once a month was disposed of, nothing that is left on the disk tells whoever has a guess at an event
// whether it is right: neither what the event said, nor a hash of that alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "tests/log/disposing.h"

namespace varve::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPrefix = 8;  // of a hash: files keep some of them in part

/// What confirms a guess, by what it is.
using Needles = std::map<std::string, std::string>;

std::string prefix_of(const Hash& hash) {
  return std::string(text_of(hash.view().first(kPrefix)));
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
        if (bytes.find(needle) != std::string::npos)
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
  for (const std::string& where : found(all)) ADD_FAILURE() << where;
  expect_january_gone();
}

}  // namespace
}  // namespace varve::testing
