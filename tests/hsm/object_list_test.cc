// What a list of a token's objects says while it is made, and after the objects changed.
#include "hsm/object_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

#include "hsm/template.h"

namespace varve::hsm {
namespace {

using Handles = std::vector<CK_OBJECT_HANDLE>;

constexpr CK_OBJECT_HANDLE kObjects = 40;  // more than are asked for at once

/// A token on which the first and the last object have one name.
CK_RV names_of(CK_SESSION_HANDLE, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* attributes, CK_ULONG n) {
  const std::string label = object == kObjects ? "1" : std::to_string(object);
  for (CK_ATTRIBUTE* at = attributes; at != attributes + n; ++at) {
    at->ulValueLen = CK_UNAVAILABLE_INFORMATION;
    if (at->type == CKA_CLASS) {
      const CK_OBJECT_CLASS kind = CKO_SECRET_KEY;
      std::memcpy(at->pValue, &kind, at->ulValueLen = sizeof(kind));
    } else if (at->type == CKA_LABEL) {
      std::memcpy(at->pValue, label.data(), at->ulValueLen = label.size());
    }
  }
  return CKR_ATTRIBUTE_TYPE_INVALID;
}

class Listing : public ::testing::Test {
 protected:
  Listing() { functions_.C_GetAttributeValue = names_of; }
  void begin() {
    Handles all(kObjects);
    std::iota(all.begin(), all.end(), 1);
    list_.begin(all);
  }
  void extend() { list_.extend(functions_, 0); }
  [[nodiscard]] Handles named(const std::string& label) const {
    Template wanted = key(label);
    Handles found = list_.named({wanted.data(), wanted.size()});
    std::ranges::sort(found);
    return found;
  }
  void replace(const std::string& label, const Handles& found) {
    Template wanted = key(label);
    list_.replace({wanted.data(), wanted.size()}, found);
  }
  static Template key(const std::string& label) {
    return Template().number(CKA_CLASS, CKO_SECRET_KEY).text(CKA_LABEL, label);
  }
  CK_FUNCTION_LIST functions_{};
  ObjectList list_;
};

TEST_F(Listing, SaysNothingBeforeItKnowsAllOfOneName) {
  begin();
  extend();
  EXPECT_EQ(list_.state(), ObjectList::State::kPartial);
  for (CK_OBJECT_HANDLE k = 1; k <= kObjects; ++k) EXPECT_EQ(named(std::to_string(k)), Handles());
  extend();
  EXPECT_EQ(list_.state(), ObjectList::State::kComplete);
  EXPECT_EQ(named("1"), (Handles{1, kObjects}));
  EXPECT_EQ(named("2"), Handles{2});
}

TEST_F(Listing, HasWhatASearchFoundLastAndNothingThatIsGone) {
  begin();
  replace("2", {77});
  EXPECT_EQ(named("2"), Handles()) << "it is not complete";
  extend();
  extend();
  replace("2", {77});
  replace("new", {78});
  replace("3", {});
  EXPECT_EQ(named("2"), Handles{77});
  EXPECT_EQ(named("new"), Handles{78});
  EXPECT_EQ(named("3"), Handles());
  EXPECT_EQ(named("4"), Handles{4});
}

TEST_F(Listing, OfATokenWithTooManyObjectsIsNotMade) {
  list_.begin(Handles(ObjectList::kObjectsMax + 1));
  EXPECT_EQ(list_.state(), ObjectList::State::kGivenUp);
}

}  // namespace
}  // namespace varve::hsm
