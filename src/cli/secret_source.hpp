#pragma once

#include <string>

#include "fairlead/secret.hpp"

/// Where secrets come from, because an argument could be read by every process of the machine. `flag` names
/// the option in messages. All throw Error{invalid_argument} when there is nothing to read.
namespace fairlead::cli {

/// All of standard input, less one line end.
Secret secret_from_stdin(const std::string& flag);
/// An environment variable's value.
Secret secret_from_variable(const std::string& variable, const std::string& flag);
/// A file's contents, less one line end.
Secret secret_from_file(const std::string& path, const std::string& flag);
/// A file's contents as they are, such as a certificate.
std::string text_from_file(const std::string& path, const std::string& flag);

}  // namespace fairlead::cli
