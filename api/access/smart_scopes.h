// Scopes of SMART App Launch for systems, as far as they are about audit events.
#pragma once

#include <string_view>

#include "api/access/roles.h"

namespace varve::api {

/// `system/AuditEvent.<some of cruds, in that order>` or, as in version 1, `.read`, `.write` or `.*`;
/// instead of AuditEvent, `*`. Of version 2, c is append, and r and s are read; u and d are nothing,
/// because nothing here is changed. Of version 1, write is append. Any other scope is nothing, and so is
/// one with a query, which would narrow it in a way that is not kept here.
/// Source: hl7.org/fhir/smart-app-launch, "Scopes for requesting FHIR Resources", versions 1 and 2
Roles roles_of_smart_scope(std::string_view scope);

}  // namespace varve::api
