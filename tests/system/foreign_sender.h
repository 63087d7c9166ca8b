// Senders that are not ours, configured as docs/senders says.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "installation.h"

namespace varve::system {

/// The first block of that language in a page of docs/senders, for this installation: its address,
/// its files and its bearer token take the place of the page's.
std::string snippet(const Installation& varve, const std::string& page,
                    const std::string& language);

/// A copy of tests/FOLDER with its packages from npm installed; empty where there is no node, no npm or
/// no registry, and then `why` says so.
std::string npm_packages(const Installation& varve, const std::string& folder, std::string& why);

/// The payloads of all events of that media type, and how often each is in the log.
std::map<std::string, int> stored_payloads(const Installation& varve,
                                           const std::string& media_type);

}  // namespace varve::system
