# The packages' names, what they need, and what they do when they are installed.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME varve)
set(CPACK_PACKAGE_CONTACT "Varve maintainers <${VARVE_MAINTAINER}>")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL server tools)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(make_users "systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")

set(CPACK_DEBIAN_SERVER_PACKAGE_NAME varve-server)
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "${make_users}, varve-tools (= ${PROJECT_VERSION}-1)")
set(CPACK_DEBIAN_SERVER_PACKAGE_SUGGESTS "softhsm2")
set(CPACK_COMPONENT_SERVER_DESCRIPTION "write-once ledger for audit logs: the server
Varve stores audit events, proves that none was altered since, and signs what
it stores with a key that never leaves a hardware security module.
.
This package has the server varved, varve-keys for its keys, and varve-witness,
which cosigns the checkpoints of others.")
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA server/postinst server/prerm server/postrm)

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME varve-tools)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS "${make_users}")
set(CPACK_COMPONENT_TOOLS_DESCRIPTION "write-once ledger for audit logs: collector and auditor
Varve stores audit events, proves that none was altered since, and signs what
it stores with a key that never leaves a hardware security module.
.
This package has varve-collect, which sends events and keeps receipts, and
varve-audit, which verifies a log and keeps a mirror of it. Both need the
log's public key only.")
set(CPACK_DEBIAN_TOOLS_PACKAGE_CONTROL_EXTRA tools/postinst tools/prerm tools/postrm)

foreach(component SERVER TOOLS)
  list(TRANSFORM CPACK_DEBIAN_${component}_PACKAGE_CONTROL_EXTRA PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
endforeach()
include(CPack)
