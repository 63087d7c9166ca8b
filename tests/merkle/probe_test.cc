// The public probe vectors of transparency-dev/merkle, mostly negatives. They are not kept in the
// project; where a copy lies beside it (or where VARVE_MERKLE_PROBES says), all of it is run.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "ledger/base/text.h"
#include "ledger/merkle/proof.h"

namespace varve::merkle {
namespace {

namespace fs = std::filesystem;

fs::path probes() {
  if (const char* directory = std::getenv("VARVE_MERKLE_PROBES")) return directory;
  return fs::path(VARVE_SOURCE_DIR) / "../shared/spec/merkle-probes";
}

boost::json::object read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return boost::json::parse(text).as_object();
}

/// Some probes have values of another length where hashes belong. Ours cannot even say that, so a
/// hash that is in no tree stands for each such value, the same one for equal values.
Result<Hash> hash_of(const boost::json::value& value) {
  const std::string_view text = value.is_null() ? "" : std::string_view(value.as_string());
  ASSIGN_OR_RETURN(const Buffer bytes, decode_base64(text));
  if (bytes.size() != kHashSize) return leaf_hash(bytes);
  return decode_base64_hash(text);
}

Result<Proof> proof_of(const boost::json::value& value) {
  Proof proof;
  if (value.is_null()) return proof;
  for (const auto& item : value.as_array()) {
    ASSIGN_OR_RETURN(const Hash hash, hash_of(item));
    proof.push_back(hash);
  }
  return proof;
}

Result<void> judge_inclusion(const boost::json::object& probe) {
  ASSIGN_OR_RETURN(const Hash root, hash_of(probe.at("root")));
  ASSIGN_OR_RETURN(const Hash leaf, hash_of(probe.at("leafHash")));
  ASSIGN_OR_RETURN(const Proof proof, proof_of(probe.at("proof")));
  return verify_inclusion(leaf, LeafIndex{probe.at("leafIdx").to_number<std::uint64_t>()},
                          TreeSize{probe.at("treeSize").to_number<std::uint64_t>()}, proof, root);
}

Result<void> judge_consistency(const boost::json::object& probe) {
  ASSIGN_OR_RETURN(const Hash root1, hash_of(probe.at("root1")));
  ASSIGN_OR_RETURN(const Hash root2, hash_of(probe.at("root2")));
  ASSIGN_OR_RETURN(const Proof proof, proof_of(probe.at("proof")));
  return verify_consistency(TreeSize{probe.at("size1").to_number<std::uint64_t>()},
                            TreeSize{probe.at("size2").to_number<std::uint64_t>()}, proof, root1,
                            root2);
}

template <class Judge>
void run_all(const fs::path& directory, Judge judge) {
  if (!fs::exists(directory))
    GTEST_SKIP() << "no probe vectors at " << directory << "; tests/go makes an equal set";
  int good = 0;
  int bad = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.path().extension() != ".json") continue;
    const auto probe = read(entry.path());
    const bool refuse = probe.at("wantErr").as_bool();
    EXPECT_EQ(!judge(probe).has_value(), refuse) << entry.path();
    ++(refuse ? bad : good);
  }
  EXPECT_GT(good + bad, 0) << directory << " holds no probes";
  std::cout << "ran " << good << " probes that verify and " << bad << " that must not, from "
            << directory << "\n";
}

TEST(Probes, OfInclusionAreJudgedAsTheyWant) {
  run_all(probes() / "inclusion", judge_inclusion);
}

TEST(Probes, OfConsistencyAreJudgedAsTheyWant) {
  run_all(probes() / "consistency", judge_consistency);
}

}  // namespace
}  // namespace varve::merkle
