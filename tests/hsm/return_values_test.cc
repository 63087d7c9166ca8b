// A token's return values, by what the caller can do about them: by class, because tokens disagree
// about the value.
#include <gtest/gtest.h>

#include "hsm/rv.h"

namespace varve::hsm {
namespace {

TEST(ReturnValues, ThatMeanALostTokenLetItBeStartedAgain) {
  for (const CK_RV rv :
       {CKR_DEVICE_ERROR, CKR_DEVICE_REMOVED, CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED,
        CKR_HOST_MEMORY, CKR_TOKEN_NOT_PRESENT, CKR_TOKEN_NOT_RECOGNIZED, CKR_SLOT_ID_INVALID,
        CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED, CKR_USER_NOT_LOGGED_IN,
        CKR_KEY_HANDLE_INVALID, CKR_OBJECT_HANDLE_INVALID, CKR_CRYPTOKI_NOT_INITIALIZED})
    EXPECT_EQ(rv_code(rv), Code::kBusy) << rv_name(rv);
}

// A PIN is among them: what is lost is tried again, and a PIN is not.
TEST(ReturnValues, ThatAPersonHasToActOnAreNotTriedAgain) {
  for (const CK_RV rv :
       {CKR_PIN_INCORRECT, CKR_PIN_LOCKED, CKR_PIN_EXPIRED, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE,
        CKR_USER_PIN_NOT_INITIALIZED, CKR_MECHANISM_INVALID, CKR_KEY_FUNCTION_NOT_PERMITTED,
        CKR_ATTRIBUTE_VALUE_INVALID, CKR_TEMPLATE_INCONSISTENT, CKR_TOKEN_WRITE_PROTECTED})
    EXPECT_EQ(rv_code(rv), Code::kIo) << rv_name(rv);
}

// Of every value that nobody has named: below the vendors' range it is no sign of a lost token, in
// it nothing can be relied on.
TEST(ReturnValues, ThatNobodyKnowsAreAVendorsOrAnError) {
  for (CK_RV rv = 0x250; rv < 0x300; ++rv) EXPECT_EQ(rv_code(rv), Code::kIo) << rv_name(rv);
  for (CK_RV low = 0; low < 0x300; ++low)
    EXPECT_EQ(rv_code(CKR_VENDOR_DEFINED | low), Code::kBusy) << low;
  EXPECT_EQ(rv_name(CKR_VENDOR_DEFINED | 0x17UL), "CKR 0x80000017");
}

TEST(ReturnValues, AreNamedInTheErrorTogetherWithWhatWasBeingDone) {
  EXPECT_TRUE(rv_check(CKR_OK, "signing"));
  const auto failed = rv_check(CKR_DEVICE_ERROR, "signing");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "token: CKR_DEVICE_ERROR while signing");
}

}  // namespace
}  // namespace varve::hsm
