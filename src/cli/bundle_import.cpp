#include <fcntl.h>
#include <glob.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/utf8.hpp"
#include "bundle/import.hpp"
#include "cli/bundle.hpp"
#include "cli/secret_source.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace fs = std::filesystem;

struct ImportVerb {
    std::string file;
    std::string on_conflict = "fail";
    std::string format;
    std::string passphrase_env;
    bool dry_run = false;
    bool allow_missing = false;
};

/// All of a file or of standard input, up to what an import may be large, and a byte more so that it is refused.
std::string read_input(const std::string& path) {
    const bool standard = path == "-";
    const int file = standard ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const auto fail = [&](int reason) {
        throw Error(reason == ENOENT ? ErrorCode::not_found
                                     : reason == EACCES ? ErrorCode::permission_denied : ErrorCode::invalid_argument,
                    fmt::format("Reading {} failed: {}.", standard ? "standard input" : path, std::strerror(reason)))
            .on(path);
    };
    if (file < 0) fail(errno);
    const std::unique_ptr<const int, void (*)(const int*)> closing(&file, [](const int* each) { ::close(*each); });
    std::string bytes;
    std::array<char, 65'536> piece{};
    while (bytes.size() <= bundle::kLargestPackage) {
        const auto got = ::read(file, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(errno);
        if (got == 0) break;
        bytes.append(piece.data(), static_cast<std::size_t>(got));
    }
    return bytes;
}

std::string home() {
    const auto* variable = std::getenv("HOME");
    if (variable != nullptr && *variable != '\0') return variable;
    const auto* account = ::getpwuid(::geteuid());
    return account != nullptr ? account->pw_dir : "/";
}

std::string user() {
    const auto* account = ::getpwuid(::geteuid());
    return account != nullptr ? account->pw_name : "";
}

std::string from_home(const std::string& path) {
    return path == "~" || path.starts_with("~/") ? home() + path.substr(1) : path;
}

/// The files that an Include line of ssh_config names: from the folder of the configuration unless absolute.
std::vector<std::string> included(const std::string& configuration, const std::string& pattern) {
    auto path = fs::path(from_home(pattern));
    if (path.is_relative()) path = fs::absolute(configuration).parent_path() / path;
    glob_t found{};
    std::vector<std::string> texts;
    if (::glob(path.c_str(), 0, nullptr, &found) == 0)
        for (std::size_t i = 0; i < found.gl_pathc; ++i)
            if (fs::is_regular_file(found.gl_pathv[i])) texts.push_back(read_input(found.gl_pathv[i]));
    ::globfree(&found);
    return texts;
}

bundle::ImportWish wish_of(const ImportVerb& verb, const Context& context) {
    bundle::ImportWish wish;
    wish.project = context.options.project;
    wish.on_conflict = bundle::parse_on_conflict(verb.on_conflict);
    wish.dry_run = verb.dry_run;
    wish.allow_missing = verb.allow_missing;
    if (!verb.format.empty()) wish.format = bundle::parse_format(verb.format);
    if (!verb.passphrase_env.empty())
        wish.passphrase = secret_from_variable(verb.passphrase_env, "--passphrase-env");
    wish.surroundings.user = user();
    wish.surroundings.include = [file = verb.file](const std::string& pattern) { return included(file, pattern); };
    wish.read_file = [](const std::string& path) {
        return Secret(text_from_file(from_home(path), from_home(path)));
    };
    return wish;
}

std::string sentence_for(const bundle::Imported& item, bool dry_run) {
    const auto what = fmt::format("{} '{}'", to_string(item.kind), item.name);
    const auto was = item.origin == item.name ? "" : fmt::format(" (there: {})", to_printable(item.origin));
    if (item.action == "keep") return fmt::format("{} is there already, and stays as it is", what);
    const std::string_view verb = item.action == "overwrite" ? (dry_run ? "would replace" : "replaced")
                                                             : (dry_run ? "would create" : "created");
    return fmt::format("{} {}{}", verb, what, was);
}

std::string words(const std::vector<std::string>& texts) {
    return fmt::format("{}", fmt::join(texts, ", "));
}

void import_things(const ImportVerb& verb, Context& context) {
    const auto wish = wish_of(verb, context);
    const auto bytes = read_input(verb.file);
    const auto result = bundle::import_file(context.workspace(), bytes, wish);
    if (context.options.json) return context.json(to_json(result));
    for (const auto& item : result.items) {
        context.print(sentence_for(item, result.dry_run));
        if (!item.to_enter.empty()) context.print("  to be entered again: " + words(item.to_enter));
        if (!item.missing.empty()) context.print("  uses what is missing: " + words(item.missing));
        for (const auto& note : item.notes)
            context.print("  note: " + to_printable(note));
    }
    for (const auto& each : result.skipped)
        context.print(fmt::format("skipped {}: {}", to_printable(each.origin), to_printable(each.reason)));
    for (const auto& note : result.notes)
        context.print("note: " + to_printable(note));
    if (result.dry_run) context.note("Nothing was written: this was a dry run.");
}

}  // namespace

void add_import(CLI::App& parent, Context& context) {
    auto options = std::make_shared<ImportVerb>();
    auto* verb = parent.add_subcommand(
        "import",
        "Take over what is in a package, or the connections of rclone, FileZilla or OpenSSH: all of it or nothing");
    verb->add_option("FILE", options->file, "A package, rclone.conf, FileZilla export or ssh_config; - for standard input")
        ->required()
        ->type_name("");
    verb->add_option("--on-conflict", options->on_conflict, "What becomes of one whose name is taken")
        ->type_name("fail|overwrite|rename")
        ->capture_default_str();
    verb->add_option("--format", options->format, "What the file is, where that is not recognised")
        ->type_name("bundle|rclone|filezilla|openssh");
    verb->add_flag("--dry-run", options->dry_run, "Check everything and say what would be done");
    verb->add_flag("--allow-missing", options->allow_missing, "Even if something that it uses is missing here");
    verb->add_option("--passphrase-env", options->passphrase_env, "The variable with the package's passphrase")
        ->type_name("VAR");
    verb->callback([options, &context] { import_things(*options, context); });
}

}  // namespace fairlead::cli
