// Asking for names, and looking them up.
#include "hsm/object_list.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

namespace varve::hsm {
namespace {

constexpr std::array<CK_ATTRIBUTE_TYPE, 3> kNames{CKA_LABEL, CKA_ID, CKA_EC_POINT};
constexpr std::size_t kNameMax = 256;  // bytes; whatever has a longer one is looked for
constexpr std::array<CK_RV, 4> kAnswers{CKR_OK, CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_SENSITIVE,
                                        CKR_BUFFER_TOO_SMALL};  // the other attributes are there

Bytes value_of(const CK_ATTRIBUTE& attribute) {
  return {static_cast<const std::byte*>(attribute.pValue), attribute.ulValueLen};
}

bool is_there(const CK_ATTRIBUTE& attribute) {
  return attribute.ulValueLen != CK_UNAVAILABLE_INFORMATION && attribute.ulValueLen != 0;
}

/// Nothing where objects are not listed by this attribute.
std::optional<std::string> name_of(const CK_ATTRIBUTE& attribute) {
  const auto* const kind = std::ranges::find(kNames, attribute.type);
  if (kind == kNames.end() || !is_there(attribute)) return std::nullopt;
  std::string name(1, static_cast<char>('0' + (kind - kNames.begin())));
  return name.append(text_of(value_of(attribute)));
}

/// The first of them: whoever knows the names of one object has the rest compared.
std::optional<std::string> name_in(std::span<const CK_ATTRIBUTE> attributes) {
  for (const CK_ATTRIBUTE& attribute : attributes)
    if (auto name = name_of(attribute)) return name;
  return std::nullopt;
}

std::optional<CK_OBJECT_CLASS> class_in(std::span<const CK_ATTRIBUTE> attributes) {
  const auto found = std::ranges::find(attributes, CKA_CLASS, &CK_ATTRIBUTE::type);
  CK_OBJECT_CLASS value = 0;
  if (found == attributes.end() || found->ulValueLen != sizeof(value)) return std::nullopt;
  std::memcpy(&value, found->pValue, sizeof(value));
  return value;
}

}  // namespace

void ObjectList::begin(std::vector<CK_OBJECT_HANDLE> all) {
  if (all.size() > kObjectsMax) return give_up();
  state_ = all.empty() ? State::kComplete : State::kPartial;
  at_once_ = std::max(kAtOnce, all.size() / kCallsMost + 1);
  not_asked_ = std::move(all);
}

void ObjectList::give_up() {
  state_ = State::kGivenUp;
  not_asked_ = {};
  by_name_ = {};
}

// One call for each: that some have no point, or no id, is no error. A token that went away is not asked for the rest.
void ObjectList::extend(const CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session) {
  std::array<std::array<std::byte, kNameMax>, kNames.size()> names{};
  for (std::size_t asked = 0; asked < at_once_ && !not_asked_.empty(); ++asked) {
    const CK_OBJECT_HANDLE object = not_asked_.back();
    CK_OBJECT_CLASS object_class = 0;
    std::array<CK_ATTRIBUTE, 1 + kNames.size()> attributes{
        {{CKA_CLASS, &object_class, sizeof(object_class)}}};
    for (std::size_t k = 0; k < kNames.size(); ++k)
      attributes[1 + k] = {kNames[k], names[k].data(), names[k].size()};
    const CK_RV rv =
        functions.C_GetAttributeValue(session, object, attributes.data(), attributes.size());
    const bool is_gone = rv == CKR_OBJECT_HANDLE_INVALID;  // somebody destroyed it
    if (!is_gone && std::ranges::find(kAnswers, rv) == kAnswers.end()) return give_up();
    not_asked_.pop_back();
    if (is_gone) break;
    add(object, attributes);
  }
  if (not_asked_.empty()) state_ = State::kComplete;
}

void ObjectList::add(CK_OBJECT_HANDLE object, std::span<const CK_ATTRIBUTE> attributes) {
  const auto object_class = class_in(attributes);
  if (!object_class) return;
  for (const CK_ATTRIBUTE& attribute : attributes)
    if (attribute.ulValueLen <= kNameMax)
      if (auto name = name_of(attribute))
        by_name_.emplace(std::move(*name), Listed{*object_class, object});
}

std::vector<CK_OBJECT_HANDLE> ObjectList::named(std::span<const CK_ATTRIBUTE> wanted) const {
  std::vector<CK_OBJECT_HANDLE> out;
  const auto object_class = class_in(wanted);
  const auto name = name_in(wanted);
  if (state_ != State::kComplete || !name) return out;
  const auto [begin, end] = by_name_.equal_range(*name);
  for (auto at = begin; at != end; ++at)
    if (at->second.object_class == object_class) out.push_back(at->second.object);
  return out;
}

void ObjectList::replace(std::span<const CK_ATTRIBUTE> wanted,
                         std::span<const CK_OBJECT_HANDLE> found) {
  const auto object_class = class_in(wanted);
  const auto name = name_in(wanted);
  if (state_ != State::kComplete || !object_class || !name || name->size() > kNameMax) return;
  const auto [begin, end] = by_name_.equal_range(*name);
  for (auto at = begin; at != end;)
    at = at->second.object_class == *object_class ? by_name_.erase(at) : std::next(at);
  if (by_name_.size() > kObjectsMax * kNames.size()) return;
  for (const CK_OBJECT_HANDLE object : found)
    by_name_.emplace(*name, Listed{*object_class, object});
}

}  // namespace varve::hsm
