#include "cli/editor.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fairlead/error.hpp"

namespace fairlead::cli {
namespace {

std::string editor() {
    for (const auto* variable : {"VISUAL", "EDITOR"})
        if (const auto* value = std::getenv(variable); value != nullptr && *value != '\0') return value;
    return "vi";
}

/// Runs `command PATH` by the shell, which divides the command's words, and gives its exit status.
int run(const std::string& command, const std::string& path) {
    std::string script = command + " \"$1\"", shell = "sh", flag = "-c", file = path;
    const std::array<char*, 6> arguments{shell.data(), flag.data(), script.data(), shell.data(), file.data(), nullptr};
    pid_t child = 0;
    if (const int problem = ::posix_spawnp(&child, "sh", nullptr, nullptr, arguments.data(), environ); problem != 0)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("The editor '{}' cannot be started: {}.", command, std::strerror(problem)));
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace

EditedFile::EditedFile(std::string suffix) {
    std::error_code ignored;
    auto folder = std::filesystem::temp_directory_path(ignored).string();
    if (folder.empty()) folder = "/tmp";
    path_ = folder + "/fairlead-XXXXXX" + suffix;
    const int file = ::mkostemps(path_.data(), static_cast<int>(suffix.size()), O_CLOEXEC);  // mode 0600
    if (file < 0)
        throw Error(errno == ENOSPC ? ErrorCode::no_space : ErrorCode::permission_denied,
                    fmt::format("Making a file to edit in {} failed: {}.", folder, std::strerror(errno)));
    ::close(file);
}

EditedFile::~EditedFile() {
    if (!kept_) ::unlink(path_.c_str());
}

std::string EditedFile::edit(const std::string& text) {
    {
        std::ofstream out(path_, std::ios::binary | std::ios::trunc);
        out << text;
        out.flush();
        if (!out) throw Error(ErrorCode::no_space, fmt::format("Writing {} failed.", path_));
    }
    const auto command = editor();
    const int status = run(command, path_);
    if (status == 127)
        throw Error(ErrorCode::invalid_argument, fmt::format("The editor '{}' was not found.", command))
            .hinting("set $EDITOR");
    if (status != 0)
        throw Error(ErrorCode::cancelled,
                    fmt::format("The editor '{}' ended with status {}; nothing was changed.", command, status));
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace fairlead::cli
