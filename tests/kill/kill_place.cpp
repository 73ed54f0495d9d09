#include "kill/kill_place.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <sstream>
#include <stdexcept>

#include "support/connect.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;

/// Everything below it belongs to whom `like` belongs to.
void give_away(const fs::path& folder, const fs::path& like) {
    struct stat owner {};
    if (::stat(like.c_str(), &owner) != 0) throw std::runtime_error("no " + like.string());
    const auto give = [&](const fs::path& path) {
        if (::chown(path.c_str(), owner.st_uid, owner.st_gid) != 0)
            throw std::runtime_error("cannot give " + path.string() + " to the server's user");
    };
    give(folder);
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        give(entry.path());
}

}  // namespace

Files files_in(const fs::path& folder) {
    Files files;
    std::error_code gone;
    for (auto at = fs::recursive_directory_iterator(folder, gone);
         !gone && at != fs::recursive_directory_iterator(); at.increment(gone))
        if (at->is_regular_file()) files[fs::relative(at->path(), folder).string()] = read_file(at->path());
    return files;
}

std::string to_text(const Files& files) {
    std::string text;
    for (const auto& [path, content] : files)
        text += fmt::format("{}{} ({} bytes)", text.empty() ? "" : ", ", path, content.size());
    return text.empty() ? "nothing" : text;
}

Side::Side(std::string description) {
    std::istringstream words(description);
    std::string script;
    words >> script;
    if (script == "local") return;
    std::vector<std::string> options;
    for (std::string option; words >> option;)
        options.push_back(option == "no-replace" ? "subsystem_arguments=-P posix-rename" : option);
    server_ = &Server::shared(script, options);
    name_ = std::move(description);
    std::ranges::replace_if(
        name_, [](unsigned char c) { return std::isalnum(c) == 0; }, '-');
}

void Side::connect_to(const Cli& fairlead) const {
    if (server_ != nullptr) connect(fairlead, name_, *server_, {"--retries", "0"});
}

fs::path Side::make_folder(const Files& files) const {
    static const TemporaryFolder here;
    static std::atomic<unsigned> count{0};
    const auto root = server_ != nullptr ? server_->root() : here.path();
    const auto folder = root / std::to_string(count++);
    fs::create_directory(folder);
    for (const auto& [path, content] : files) {
        fs::create_directories((folder / path).parent_path());
        write_file(folder / path, content);
    }
    if (server_ != nullptr) give_away(folder, root);
    return folder;
}

std::string Side::location(const fs::path& folder, const std::string& path) const {
    if (server_ == nullptr) return (folder / path).string();
    return name_ + ":" + (folder.filename() / path).string();
}

Operator::Operator(std::string binary, const std::vector<Side>& sides) : fairlead_(std::move(binary)) {
    for (const auto& side : sides)
        side.connect_to(fairlead_);
    at_first_ = data_files();
}

std::vector<std::string> Operator::data_files() const {
    std::vector<std::string> paths;
    if (!fs::exists(fairlead_.data())) return paths;
    for (const auto& entry : fs::recursive_directory_iterator(fairlead_.data())) {
        const auto path = fs::relative(entry.path(), fairlead_.data()).string();
        const bool of_sqlite = path.ends_with("-wal") || path.ends_with("-shm");
        if (entry.is_regular_file() && !of_sqlite) paths.push_back(path);
    }
    std::ranges::sort(paths);
    return paths;
}

std::vector<std::string> Operator::unfinished() const {
    std::vector<std::string> more;
    std::ranges::set_difference(data_files(), at_first_, std::back_inserter(more));
    return more;
}

void Operator::forget() const {
    for (const auto& path : unfinished())
        fs::remove(fairlead_.data() / path);
}

}  // namespace fairlead::test
