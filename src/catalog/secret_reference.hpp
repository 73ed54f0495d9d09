#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fairlead/secret.hpp"

namespace fairlead::catalog {

/// Where a secret is kept when it is not kept by Fairlead. Written in the place of the secret, as "env:NAME",
/// "file:PATH" or "command:PROGRAM ARGUMENTS"; the text itself is no secret, and is stored and shown. It is
/// looked up each time the secret is used. A secret that really begins like this is written with "literal:"
/// before it.
struct SecretReference {
    enum class Kind { environment, file, command };

    Kind kind = Kind::environment;
    std::string name;                ///< of the variable, or the file's path
    std::vector<std::string> words;  ///< of the command: the program and its arguments
};

/// Whether a text names a place rather than being a secret.
bool is_secret_reference(std::string_view text) noexcept;

/// What is wrong with a reference, as the end of a sentence; empty when nothing is.
std::string problem_of_secret_reference(std::string_view text);

/// Reads it. Throws Error{invalid_argument} with `field` for one that is malformed. The words of a command are
/// divided at blanks; quotes and backslashes keep them together, nothing else has a meaning: no shell reads
/// it.
SecretReference parse_secret_reference(std::string_view text, std::string_view field);

/// The secret that a text stands for that is no reference: without "literal:".
Secret secret_of_text(std::string_view text);

/// The text that stands for a secret, whatever it looks like: with "literal:" where it needs that.
Secret text_of_secret(const Secret& secret);

/// A text for fields that may hold variables, in which there are none: "${" is written "$${".
Secret without_variables(std::string_view text);

/// A reference as it stands among the sealed secrets: in the clear, and marked so that it is not taken for one
/// that SecretBox made.
std::string to_sealed(std::string_view reference);
/// The reference that a sealed secret is; nothing when it is an encrypted one.
std::optional<std::string> reference_in(std::string_view sealed);

}  // namespace fairlead::catalog
