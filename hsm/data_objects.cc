// Data objects: private, so that only who is logged in sees or changes them.
#include "hsm/data_objects.h"

#include "hsm/rv.h"

namespace varve::hsm {
namespace {

Template data_name(std::string_view label) {
  return Template().number(CKA_CLASS, CKO_DATA).flag(CKA_TOKEN, true).text(CKA_LABEL, label);
}

Result<Object> create_data(Session& session, std::string_view label, Bytes value) {
  Template object = data_name(label)
                        .flag(CKA_PRIVATE, true)
                        .flag(CKA_MODIFIABLE, true)
                        .text(CKA_APPLICATION, "varve")
                        .bytes(CKA_VALUE, value);
  Object made = CK_INVALID_HANDLE;
  RETURN_IF_ERROR(rv_check(
      session.functions().C_CreateObject(session.handle(), object.data(), object.size(), &made),
      "making a data object"));
  return made;
}

}  // namespace

Result<std::vector<Buffer>> read_data(Session& session, std::string_view label) {
  ASSIGN_OR_RETURN(const auto objects, session.find(data_name(label)));
  std::vector<Buffer> values;
  for (const Object object : objects) {
    ASSIGN_OR_RETURN(auto value, session.read(object, CKA_VALUE));
    values.push_back(value ? std::move(*value) : Buffer{});
  }
  return values;
}

Result<void> write_data(Session& session, std::string_view label, Bytes value) {
  ASSIGN_OR_RETURN(const auto objects, session.find(data_name(label)));
  if (!objects.empty()) {
    Template changed = Template().bytes(CKA_VALUE, value);
    const CK_RV rv = session.functions().C_SetAttributeValue(session.handle(), objects.front(),
                                                             changed.data(), changed.size());
    if (rv == CKR_OK || rv_code(rv) == Code::kBusy) return rv_check(rv, "writing a data object");
  }
  RETURN_IF_ERROR(create_data(session, label, value));  // SoftHSM's values never change
  for (const Object old : objects)
    RETURN_IF_ERROR(rv_check(session.functions().C_DestroyObject(session.handle(), old),
                             "destroying the data object before"));
  return {};
}

Result<void> try_data(Session& session, std::string_view label) {
  ASSIGN_OR_RETURN(const Object made, create_data(session, label, bytes_of("probe")));
  return rv_check(session.functions().C_DestroyObject(session.handle(), made),
                  "destroying a data object");
}

}  // namespace varve::hsm
