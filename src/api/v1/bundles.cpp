// Packages of connections and what they use, out and in.

#include "api/v1/bundles.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <mutex>

#include "api/fields.hpp"
#include "api/json.hpp"
#include "api/noun.hpp"
#include "api/parameters.hpp"
#include "base/base64.hpp"
#include "bundle/export.hpp"
#include "bundle/import.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using http::Principal;
using http::Request;
using http::Response;
using service::Workspace;

constexpr std::size_t kLargestImport = 32 * 1024 * 1024;

/// A passphrase costs a quarter of a gigabyte of memory while a key is made of it: one at a time.
std::unique_lock<std::mutex> one_at_a_time(const std::optional<Secret>& passphrase) {
    static std::mutex mutex;
    return passphrase ? std::unique_lock(mutex) : std::unique_lock<std::mutex>();
}

std::optional<Secret> passphrase_in(Fields& fields) {
    const auto text = fields.text("passphrase");
    if (!text) return std::nullopt;
    if (text->empty()) fields.wrong("passphrase", "must not be empty");
    return Secret(*text);
}

void require_admin(const Request& request, std::string_view what) {
    if (request.principal.role == Principal::Role::admin) return;
    throw http::Refusal{403,
                        Error(ErrorCode::permission_denied,
                              fmt::format("{} needs the role admin; this token has the role {}.", what,
                                          http::to_string(request.principal.role))),
                        {}};
}

http::Refusal other_project(std::string_view project) {
    return {403,
            Error(ErrorCode::permission_denied,
                  fmt::format("This token is not for the project '{}'.", project)),
            {}};
}

bundle::Scope scope_in(Fields& fields) {
    const auto word = fields.text("scope").value_or("connections");
    for (const auto scope :
         {bundle::Scope::connections, bundle::Scope::project, bundle::Scope::everything})
        if (to_string(scope) == word) return scope;
    fields.wrong("scope", "must be connections, project or everything");
    return bundle::Scope::connections;
}

awaitable<Response> export_with(Services& services, Request& request, bundle::ExportWish wish) {
    if (wish.passphrase) require_admin(request, "Exporting secrets");
    const auto work = [&](Workspace& workspace) {
        const auto lock = one_at_a_time(wish.passphrase);
        const auto made = bundle::make_export(workspace, wish);
        Response response;
        response.with("Content-Type", "application/zip");
        response.with("Content-Disposition", fmt::format("attachment; filename=\"{}\"", made.file_name));
        response.body = made.bytes;
        return response;
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

awaitable<Response> export_some(Services& services, catalog::Kind kind, Request& request) {
    auto document = co_await json_of(request);
    bundle::ExportWish wish;
    wish.kind = kind;
    wish.project = request.parameters.at("project");
    std::optional<json::value> names;
    if (const auto* value = document.if_contains("names")) {
        names = *value;
        document.erase("names");
    }
    Fields fields(std::move(document));
    wish.scope = scope_in(fields);
    wish.passphrase = passphrase_in(fields);
    if (names && !names->is_null()) {
        if (!names->is_array()) fields.wrong("names", "must be a list of texts");
        if (wish.scope != bundle::Scope::connections) fields.wrong("names", "cannot stand beside another scope");
        const auto list = names->is_array() ? names->get_array() : json::array();
        for (const auto& name : list) {
            if (name.is_string())
                wish.names.emplace_back(name.get_string());
            else
                fields.wrong("names", "must be a list of texts");
        }
    }
    fields.done();
    if (wish.scope == bundle::Scope::everything && !request.principal.projects.empty())
        throw http::Refusal{403,
                            Error(ErrorCode::permission_denied, "This token is not for all projects."),
                            {}};
    auto response = co_await export_with(services, request, std::move(wish));
    co_return response;
}

awaitable<Response> export_one(Services& services, catalog::Kind kind, Request& request) {
    Fields fields(co_await json_of(request));
    bundle::ExportWish wish;
    wish.kind = kind;
    wish.project = request.parameters.at("project");
    wish.names = {request.parameters.at("name")};
    wish.passphrase = passphrase_in(fields);
    fields.done();
    auto response = co_await export_with(services, request, std::move(wish));
    co_return response;
}

struct Incoming {
    std::string bytes;
    bundle::ImportWish wish;
};

bool is_json(const Request& request) {
    return request.header("content-type").value_or("").starts_with("application/json");
}

/// {"content": BASE64, ...}
awaitable<Incoming> read_document(Request& request) {
    const auto text = co_await request.text(kLargestImport);
    Incoming incoming;
    Fields fields(parse_json(text));
    const auto content = from_base64(fields.required_text("content"));
    if (content)
        incoming.bytes = *content;
    else
        fields.wrong("content", "must be base64");
    incoming.wish.passphrase = passphrase_in(fields);
    if (const auto word = fields.text("onConflict")) incoming.wish.on_conflict = bundle::parse_on_conflict(*word);
    if (const auto word = fields.text("format")) incoming.wish.format = bundle::parse_format(*word);
    incoming.wish.dry_run = fields.truth("dryRun").value_or(false);
    incoming.wish.allow_missing = fields.truth("allowMissing").value_or(false);
    fields.done();
    co_return incoming;
}

/// The file itself, and the rest as parameters.
awaitable<Incoming> read_file(Request& request) {
    refuse_unknown_parameters(request, {"onConflict", "format", "dryRun", "allowMissing"});
    Incoming incoming;
    incoming.bytes = co_await request.text(kLargestImport);
    if (const auto text = request.header("fairlead-passphrase")) incoming.wish.passphrase = Secret(*text);
    if (const auto word = request.argument("onConflict"))
        incoming.wish.on_conflict = bundle::parse_on_conflict(*word);
    if (const auto word = request.argument("format")) incoming.wish.format = bundle::parse_format(*word);
    incoming.wish.dry_run = truth_of(request, "dryRun").value_or(false);
    incoming.wish.allow_missing = truth_of(request, "allowMissing").value_or(false);
    co_return incoming;
}

awaitable<Response> import(Services& services, Request& request) {
    Incoming incoming;
    if (is_json(request))
        incoming = co_await read_document(request);
    else
        incoming = co_await read_file(request);
    auto& wish = incoming.wish;
    wish.project = request.parameters.at("project");
    if (incoming.bytes.empty())
        throw Error(ErrorCode::invalid_argument, "The content is empty; it must be the file to import.");
    const auto work = [&](Workspace& workspace) {
        const auto lock = one_at_a_time(wish.passphrase);
        if (!request.principal.projects.empty()) {  // where would its things go?
            auto trial = wish;
            trial.dry_run = true;
            for (const auto& item : bundle::import_file(workspace, incoming.bytes, trial).items)
                if (!request.principal.may_see(item.project)) throw other_project(item.project);
        }
        return answer(to_json(bundle::import_file(workspace, incoming.bytes, wish)));
    };
    auto response = co_await services.workspaces.run(actor_of(request), work);
    co_return response;
}

}  // namespace

std::vector<http::Route> bundle_routes(Services& services) {
    using Role = Principal::Role;
    std::vector<http::Route> rows;
    for (const auto kind : {catalog::Kind::connection, catalog::Kind::operation, catalog::Kind::monitor,
                            catalog::Kind::flow}) {
        const auto with = [&services, kind](awaitable<Response> (*handler)(Services&, catalog::Kind, Request&)) {
            return [&services, kind, handler](Request& request) { return handler(services, kind, request); };
        };
        const std::string word(to_string(kind)), all = "/v1/projects/{project}/" + plural_of(kind);
        rows.push_back(
            {"POST",
             all + "/export",
             Role::operator_,
             fmt::format("Export {}, or all of a project, as a package", plural_of(kind)),
             with(&export_some),
             {.description =
                  "Without a passphrase secrets are left out; with one the package is encrypted and holds them, "
                  "which needs the role admin. Nothing given: all of the kind in the project, and what they use.",
              .request = "ExportWish",
              .response = "application/zip",
              .failures = {404, 413, 415}}});
        rows.push_back({"POST",
                        all + "/{name}/export",
                        Role::operator_,
                        fmt::format("Export one {} and what it uses as a package", word),
                        with(&export_one),
                        {.description = "As above.",
                         .request = "Passphrase",
                         .response = "application/zip",
                         .failures = {404, 413, 415}}});
        rows.push_back(
            {"POST",
             all + "/import",
             Role::operator_,
             "Import a package, or what rclone, FileZilla or OpenSSH know",
             [&services](Request& request) { return import(services, request); },
             {.description =
                  "Whatever is in it, below each noun. The file as content, or as JSON: {\"content\": BASE64, "
                  "\"passphrase\", \"onConflict\", \"format\", \"dryRun\", \"allowMissing\"}. All of it is "
                  "stored, or nothing.",
              .parameters = {{"onConflict", "What becomes of what is there: fail (the default), overwrite or rename"},
                             {"format", "bundle, rclone, filezilla or openssh; recognised without it"},
                             {"dryRun", "Only say what would become of it", "boolean"},
                             {"allowMissing", "Although something that it uses is nowhere", "boolean"},
                             {"Fairlead-Passphrase", "Of an encrypted package", "string", true}},
              .request = "application/octet-stream application/zip text/plain application/xml ImportRequest",
              .response = "ImportReport",
              .failures = {409, 413, 415}}});
    }
    return rows;
}

}  // namespace fairlead::api
