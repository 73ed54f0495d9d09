#include "service/secret_lookup.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "fairlead/error.hpp"
#include "service/secret_command.hpp"

namespace fairlead::service {
namespace {

namespace fs = std::filesystem;
using catalog::SecretReference;

constexpr std::size_t kLongest = 65'536;

Error wrong(std::string_view field, std::string_view reference, std::string problem,
            ErrorCode code = ErrorCode::invalid_argument) {
    Error error(code, fmt::format("The secret of {} cannot be looked up.", field));
    error.faults.push_back({std::string(field), std::string(reference), std::move(problem)});
    return error;
}

/// What Fairlead itself is given by the environment is nobody else's secret.
bool is_our_own(std::string_view variable) {
    return variable == "FAIRLEAD_KEY" || variable == "FAIRLEAD_NEW_KEY";
}

bool is_inside(const fs::path& path, const std::string& folder) {
    if (folder.empty()) return false;
    std::error_code failed;
    const auto real = fs::weakly_canonical(path, failed), root = fs::weakly_canonical(folder, failed);
    const auto [end, nothing] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
    return end == root.end();
}

std::string read_file(const std::string& path, std::string_view field, std::string_view reference,
                      const SecretLookupOptions& options) {
    if (is_inside(path, options.data_directory))
        throw wrong(field, reference, "lies in the data directory, which is not read for this");
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) throw wrong(field, reference, fmt::format("cannot be opened: {}", std::strerror(errno)));
    struct stat facts {};
    std::string text;
    std::string problem;
    if (::fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) problem = "is not a plain file";
    text.reserve(kLongest + 1);  // of one size from the start, so that no copy stays behind
    std::array<char, 4096> piece{};
    while (problem.empty()) {
        const auto got = ::read(file, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) problem = fmt::format("cannot be read: {}", std::strerror(errno));
        if (got <= 0) break;
        text.append(piece.data(), static_cast<std::size_t>(got));
        if (text.size() > kLongest) problem = "is larger than 64 KiB";
    }
    sodium_memzero(piece.data(), piece.size());
    ::close(file);
    if (problem.empty()) return text;
    sodium_memzero(text.data(), text.size());
    throw wrong(field, reference, problem);
}

std::string run(const SecretReference& command, std::string_view field, std::string_view reference,
                const SecretLookupOptions& options) {
    if (!options.allow_commands)
        throw wrong(field, reference, "names a command, and commands are not allowed", ErrorCode::egress_denied)
            .hinting("start with --allow-secret-commands, or write allow-secret-commands = true in the "
                     "configuration");
    auto answer = run_secret_command(command.words, options.deadline, kLongest);
    if (answer.problem.empty()) return std::move(answer.output);
    throw wrong(field, reference, std::move(answer.problem),
                answer.timed_out ? ErrorCode::timeout : ErrorCode::invalid_argument);
}

}  // namespace

SecretLookupOptions& secret_lookup_options() noexcept {
    static SecretLookupOptions options;
    return options;
}

Secret look_up_secret(std::string_view reference, std::string_view field, const SecretLookupOptions& options) {
    const auto place = catalog::parse_secret_reference(reference, field);
    std::string text;
    if (place.kind == SecretReference::Kind::environment) {
        if (is_our_own(place.name)) throw wrong(field, reference, "is Fairlead's own key");
        const auto* value = std::getenv(place.name.c_str());
        if (value == nullptr) throw wrong(field, reference, "names an environment variable that is not set");
        text = value;
    } else if (place.kind == SecretReference::Kind::file) {
        text = read_file(place.name, field, reference, options);
    } else {
        text = run(place, field, reference, options);
    }
    std::string_view kept = text;
    if (kept.ends_with('\n')) kept.remove_suffix(1);
    if (kept.ends_with('\r') && kept.size() < text.size()) kept.remove_suffix(1);
    auto secret = catalog::without_variables(kept);
    sodium_memzero(text.data(), text.size());
    if (secret.empty()) throw wrong(field, reference, "is empty");
    return secret;
}

void look_up_given_secrets(catalog::Connection& connection) {
    for (const auto& [field, secret] : catalog::secrets_of(connection)) {
        if (secret->empty()) continue;
        *secret = catalog::is_secret_reference(secret->reveal())
                      ? look_up_secret(secret->reveal(), field, secret_lookup_options())
                      : catalog::secret_of_text(secret->reveal());
    }
}

}  // namespace fairlead::service
