#pragma once

#include <optional>
#include <string_view>

#include "bundle/draft.hpp"

namespace fairlead::bundle {

/// The ftp and sftp remotes of an rclone.conf; others are skipped with the reason.
/// Throws Error{invalid_argument} for a text that is no such file, and for one that rclone has encrypted.
Drafts read_rclone(std::string_view text, const Surroundings& surroundings);

/// Whether a text looks like an rclone.conf: sections with a `type`.
bool looks_like_rclone(std::string_view text);

/// The password that rclone keeps "obscured": AES-CTR under a key that is part of rclone's published source,
/// so that nobody reads it over a shoulder. Nothing when the text was not made by `rclone obscure`.
std::optional<Secret> reveal_rclone(std::string_view obscured);

}  // namespace fairlead::bundle
