#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "bundle/export.hpp"
#include "catalog/record.hpp"
#include "cli/bundle.hpp"
#include "cli/secret_source.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

struct ExportVerb {
    catalog::Kind kind;
    std::vector<std::string> names;
    std::string output;
    std::string scope;  ///< empty: those that are named
    std::string passphrase_env;
    bool all = false;
    bool with_secrets = false;
};

[[noreturn]] void throw_file_error(const std::string& path, int reason) {
    throw Error(reason == ENOSPC ? ErrorCode::no_space
                                 : reason == EACCES ? ErrorCode::permission_denied : ErrorCode::invalid_argument,
                fmt::format("Writing {} failed: {}.", path, std::strerror(reason)))
        .on(path);
}

/// Whole under its name, or not there: an older export is replaced in one step.
void write_file(const std::string& path, std::string_view bytes, bool only_for_owner) {
    const auto aside = fmt::format("{}.{}.part", path, catalog::make_id());
    const int file = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, only_for_owner ? 0600 : 0666);
    if (file < 0) throw_file_error(path, errno);
    int problem = 0;
    while (problem == 0 && !bytes.empty()) {
        const auto written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) problem = errno;
        if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (problem == 0 && ::fsync(file) != 0) problem = errno;
    ::close(file);
    if (problem == 0 && ::rename(aside.c_str(), path.c_str()) != 0) problem = errno;
    if (problem == 0) return;
    ::unlink(aside.c_str());
    throw_file_error(path, problem);
}

bundle::ExportWish wish_of(const ExportVerb& verb, const Context& context) {
    bundle::ExportWish wish;
    wish.kind = verb.kind;
    wish.project = context.options.project;
    wish.names = verb.names;
    Error error(ErrorCode::invalid_argument, "What to export is not clear.");
    if (verb.scope == "project") wish.scope = bundle::Scope::project;
    else if (verb.scope == "everything") wish.scope = bundle::Scope::everything;
    else if (!verb.scope.empty() && verb.scope != fmt::format("{}s", to_string(verb.kind)))
        error.faults.push_back(
            {"scope", verb.scope, fmt::format("must be {}s, project or everything", to_string(verb.kind))});
    const bool by_name = wish.scope == bundle::Scope::connections;
    if (by_name && verb.names.empty() && !verb.all)
        error.faults.push_back({"NAME", "", fmt::format("is missing; --all exports every {} of the project", to_string(verb.kind))});
    if (!verb.names.empty() && (verb.all || !by_name))
        error.faults.push_back({"NAME", verb.names.front(), "cannot stand beside --all or --scope"});
    if (verb.with_secrets && verb.passphrase_env.empty())
        error.faults.push_back({"with-secrets", "", "needs --passphrase-env: secrets leave only encrypted"});
    if (!verb.with_secrets && !verb.passphrase_env.empty())
        error.faults.push_back({"passphrase-env", "", "is only for --with-secrets"});
    if (!error.faults.empty()) throw error;
    if (verb.with_secrets) {
        wish.passphrase = secret_from_variable(verb.passphrase_env, "--passphrase-env");
        if (wish.passphrase->empty())
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("The passphrase in {} is empty.", verb.passphrase_env));
    }
    return wish;
}

json::object describe(const bundle::Export& made, const std::string& file) {
    json::array items;
    for (const auto& item : made.content.items)
        items.push_back(json::object{{"kind", to_string(item.kind)},
                                     {"project", item.project},
                                     {"name", item.name},
                                     {"secretsToEnter", json::array(item.blank.begin(), item.blank.end())}});
    return {{"file", file},
            {"bytes", made.bytes.size()},
            {"encrypted", made.content.with_secrets},
            {"items", std::move(items)}};
}

void export_things(const ExportVerb& verb, Context& context) {
    const auto wish = wish_of(verb, context);
    const auto made = bundle::make_export(context.workspace(), wish);
    if (verb.output == "-") return context.out(made.bytes);
    struct stat facts {};
    auto file = verb.output.empty() ? made.file_name : verb.output;
    if (::stat(file.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) file += "/" + made.file_name;
    write_file(file, made.bytes, made.content.with_secrets);
    if (context.options.json) return context.json(describe(made, file));
    context.print(file);
    std::size_t blank = 0;
    for (const auto& item : made.content.items)
        blank += item.blank.size();
    context.note(fmt::format("Exported {} item{}.{}", made.content.items.size(),
                             made.content.items.size() == 1 ? "" : "s",
                             blank == 0 ? "" : fmt::format(" {} secret{} left out; --with-secrets encrypts them into it.",
                                                           blank, blank == 1 ? " is" : "s are")));
}

}  // namespace

void add_export(CLI::App& parent, Context& context, catalog::Kind kind) {
    auto options = std::make_shared<ExportVerb>();
    options->kind = kind;
    const auto word = to_string(kind);
    auto* verb = parent.add_subcommand(
        "export", fmt::format("Write {}s, and what they use, into a package that can be imported elsewhere", word));
    verb->add_option("NAME", options->names, fmt::format("The names of saved {}s", word))->type_name("");
    verb->add_flag("--all", options->all, fmt::format("Every {} of the project", word));
    verb->add_option("--scope", options->scope,
                     "project: all that the project holds; everything: all projects")
        ->type_name(fmt::format("{}s|project|everything", word));
    verb->add_option("-o,--output", options->output,
                     "The file, a folder for it, or - for standard output; default: a name with today's date")
        ->type_name("F");
    verb->add_flag("--with-secrets", options->with_secrets, "With the secrets, the whole package encrypted");
    verb->add_option("--passphrase-env", options->passphrase_env,
                     "The variable with the passphrase to encrypt it under")
        ->type_name("VAR");
    verb->callback([options, &context] { export_things(*options, context); });
}

}  // namespace fairlead::cli
