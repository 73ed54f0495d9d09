#pragma once

#include <string_view>

#include "bundle/draft.hpp"

namespace fairlead::bundle {

/// The FTP, FTPS and SFTP sites of a FileZilla export (File, Export) or sitemanager.xml; others are skipped
/// with the reason. The folders that a site is in become its tags.
/// Throws Error{invalid_argument} for what is no such file.
Drafts read_filezilla(std::string_view xml);

/// Whether a text looks like one.
bool looks_like_filezilla(std::string_view text);

}  // namespace fairlead::bundle
