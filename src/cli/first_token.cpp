#include "cli/first_token.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "fairlead/error.hpp"
#include "service/tokens.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

/// Under another name first, so that nobody finds half of it, and nobody else's file is written to.
void write_privately(const std::string& path, std::string_view text) {
    const auto temporary = path + ".new";
    ::unlink(temporary.c_str());
    const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool done = file >= 0;
    if (done) done = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (done) done = ::fsync(file) == 0;
    const int reason = errno;
    if (file >= 0) ::close(file);
    if (done && ::rename(temporary.c_str(), path.c_str()) == 0) return;
    throw Error(ErrorCode::permission_denied,
                fmt::format("Writing the first token to {} failed: {}.", path, std::strerror(reason)));
}

}  // namespace

std::string make_first_token(const std::string& data, const std::string& store) {
    service::Workspace workspace(data, store);
    workspace.act_as({workspace.actor().name, "daemon"});
    service::Tokens tokens(workspace.store(), workspace.actor());
    if (!tokens.list().empty()) return {};
    service::Tokens::Wish wish;
    wish.name = "admin";
    wish.description = "Made by the first start of fairlead serve";
    wish.role = "admin";
    std::string path = workspace.directory() + "/admin-token";
    try {
        const auto made = tokens.create(wish);
        write_privately(path, fmt::format("{}\n", made.text.reveal()));
    } catch (const Error& error) {
        if (error.code != ErrorCode::already_exists) throw;
        return {};  // another process was first
    }
    return path;
}

}  // namespace fairlead::cli
