#include "api/noun.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <memory>
#include <utility>

#include "api/document_shelf.hpp"
#include "api/fields.hpp"
#include "api/json.hpp"
#include "api/parameters.hpp"
#include "api/precondition.hpp"
#include "api/resource_page.hpp"
#include "api/v1/addresses.hpp"
#include "base/error_json.hpp"
#include "service/history.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/store.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using catalog::Resource;
using http::Request;
using http::Response;
using service::Changed;
using service::Things;
using service::Workspace;

const std::string& project_of(const Request& request) {
    return request.parameters.at("project");
}
const std::string& name_of(const Request& request) {
    return request.parameters.at("name");
}

std::string name_in(const json::object& fields, catalog::Kind kind) {
    const auto* name = fields.if_contains("name");
    if (name != nullptr && name->is_string()) return std::string(name->get_string());
    Error error(ErrorCode::invalid_argument, fmt::format("The {} needs a name.", to_string(kind)));
    error.faults.push_back({"name", "", name == nullptr ? "is missing" : "must be a text"});
    throw error;
}

json::object document_of(const Resource& resource) {
    return catalog::row_of(resource.kind).document(resource);
}

Response list_of(json::array items) {
    return answer(json::object{{"items", std::move(items)}, {"next", nullptr}});
}

/// What the routes of one noun share.
class Routes {
  public:
    Routes(service::WorkspacePool& workspaces, Noun noun) : workspaces_(workspaces), noun_(std::move(noun)) {}

    const Noun& noun() const noexcept { return noun_; }

    template <class Work>
    awaitable<Response> run(Request& request, Work work) {
        return workspaces_.run(actor_of(request), std::move(work));
    }
    template <class Work>
    awaitable<Response> change(Request& request, Work work) {
        auto response = co_await run(request, [&](Workspace& workspace) {
            try {
                return work(workspace);
            } catch (const Error& error) {
                // Somebody was faster, between the look at the version and the change.
                if (error.code == ErrorCode::conflict && request.header("if-match"))
                    (void)require_match(request, own_thing(workspace, request, noun_.kind).record);
                throw;
            }
        });
        if (noun_.changed) noun_.changed();
        co_return response;
    }

    awaitable<Response> list(Request& request) {
        std::vector<std::string> known{"own"};
        for (const auto& parameter : page_parameters())
            known.push_back(parameter.name);
        for (const auto& [member, help] : noun_.filters)
            known.push_back(member);
        refuse_unknown_parameters(request, known);
        const ItemOf item_of = [&](const Resource& resource) -> std::optional<json::object> {
            if (!wanted(request, resource)) return std::nullopt;
            return document_of(resource);
        };
        co_return co_await run(
            request, [&](Workspace& workspace) { return resource_page(workspace, request, noun_.kind, item_of); });
    }

    awaitable<Response> create(Request& request) {
        const auto fields = co_await json_of(request);
        const auto name = name_in(fields, noun_.kind);
        co_return co_await change(
            request, [&](Workspace& workspace) { return made(workspace, project_of(request), name, fields); });
    }

    awaitable<Response> show(Request& request) {
        const auto work = [&](Workspace& workspace) {
            return shelf_.get(workspace, project_of(request) + '\n' + name_of(request), [&] {
                const auto thing = thing_in(workspace, request, noun_.kind);
                return DocumentShelf::Document{entity_tag(thing.record), json::serialize(document_of(thing))};
            });
        };
        const auto shown = co_await workspaces_.run(actor_of(request), work);
        Response response;
        response.with("Content-Type", "application/json");
        response.body = shown->body;
        co_return tagged(request, shown->etag, std::move(response));
    }

    /// PUT replaces all fields, or creates; PATCH changes those that are given.
    awaitable<Response> write(Request& request) {
        const auto fields = co_await json_of(request);
        const bool replace = request.method == "PUT";
        const auto work = [&](Workspace& workspace) {
            const auto& name = name_of(request);
            const auto refuse = [&](ErrorCode code, const char* sentence) {
                throw http::Refusal{412, Error(code, fmt::format(fmt::runtime(sentence), to_string(noun_.kind), name)), {}};
            };
            if (replace && !workspace.store().resources().find(noun_.kind, project_of(request), name)) {
                if (request.header("if-match")) refuse(ErrorCode::not_found, "There is no {} '{}'.");
                return made(workspace, project_of(request), name, fields);
            }
            const auto before = own_thing(workspace, request, noun_.kind);
            if (replace && has_already(request, entity_tag(before.record)))
                refuse(ErrorCode::already_exists, "The {} '{}' exists.");
            const auto revision = require_match(request, before.record);
            if (noun_.update) return changed(noun_.update(workspace, before, fields, replace, revision));
            return changed(Things(workspace).update(noun_.kind, before.record.project, before.name, fields, replace,
                                                    revision));
        };
        co_return co_await change(request, work);
    }

    awaitable<Response> remove(Request& request) {
        const bool force = truth_of(request, "force").value_or(false);
        const auto work = [&](Workspace& workspace) {
            const auto before = own_thing(workspace, request, noun_.kind);
            const auto revision = require_match(request, before.record);
            if (noun_.remove)
                noun_.remove(workspace, request, before, force, revision);
            else
                Things(workspace).remove(noun_.kind, before.record.project, before.name, force, revision);
            Response response;
            response.status = 204;
            return response;
        };
        co_return co_await change(request, work);
    }

    awaitable<Response> rename(Request& request) {
        Fields fields(co_await json_of(request));
        const auto name = fields.required_text("name");
        fields.done();
        co_return co_await change_with(request, [&](Things& things, const Resource& before, std::int64_t revision) {
            return things.rename(noun_.kind, before.record.project, before.name, name, revision);
        });
    }

    awaitable<Response> set_enabled(Request& request) {
        const bool enabled = request.path.ends_with("/enable");
        co_return co_await change_with(request, [&](Things& things, const Resource& before, std::int64_t revision) {
            return things.set_enabled(noun_.kind, before.record.project, before.name, enabled, revision);
        });
    }

    awaitable<Response> duplicate(Request& request) {
        Fields fields(co_await json_of(request));
        const auto name = fields.required_text("name");
        fields.done();
        co_return co_await change(request, [&](Workspace& workspace) {
            const auto before = own_thing(workspace, request, noun_.kind);
            return changed(Things(workspace).duplicate(noun_.kind, before.record.project, before.name, name), 201);
        });
    }

    awaitable<Response> move(Request& request) {
        Fields fields(co_await json_of(request));
        const auto to = fields.required_text("to");
        const bool force = fields.truth("force").value_or(false);
        fields.done();
        if (!request.principal.may_see(to))
            throw http::Refusal{
                403, Error(ErrorCode::permission_denied, fmt::format("This token is not for the project '{}'.", to)), {}};
        co_return co_await change_with(request, [&](Things& things, const Resource& before, std::int64_t revision) {
            return things.move(noun_.kind, before.record.project, before.name, to, force, revision);
        });
    }

    awaitable<Response> rollback(Request& request) {
        Fields fields(co_await json_of(request));
        const auto to = fields.number("revision");
        if (!to) fields.wrong("revision", "is missing: the number of the revision to go back to");
        fields.done();
        co_return co_await change_with(request, [&](Things& things, const Resource& before, std::int64_t revision) {
            return things.rollback(noun_.kind, before.record.project, before.name, *to, revision);
        });
    }

    awaitable<Response> used(Request& request) {
        co_return co_await run(request, [&](Workspace& workspace) {
            json::array items;
            for (const auto& user : Things(workspace).users(noun_.kind, project_of(request), name_of(request)))
                if (request.principal.may_see(user.record.project))
                    items.push_back({{"kind", catalog::to_string(user.kind)},
                                     {"project", user.record.project},
                                     {"name", user.name},
                                     {"id", user.record.id}});
            return list_of(std::move(items));
        });
    }

    awaitable<Response> history(Request& request) {
        co_return co_await run(request, [&](Workspace& workspace) {
            return list_of(service::history_to_json(
                Things(workspace).history(noun_.kind, project_of(request), name_of(request))));
        });
    }

  private:
    bool wanted(const Request& request, const Resource& resource) const {
        for (const auto& [member, help] : noun_.filters) {
            const auto asked = request.argument(member).value_or("");
            const auto* is = resource.definition.if_contains(member);
            if (asked.empty()) continue;
            if (is == nullptr || !is->is_string()) return false;
            if (catalog::name_key(std::string_view(is->get_string())) != catalog::name_key(asked)) return false;
        }
        return true;
    }

    Response made(Workspace& workspace, const std::string& project, const std::string& name,
                  const json::object& fields) const {
        if (noun_.create) return changed(noun_.create(workspace, project, name, fields), 201);
        return changed(Things(workspace).create(noun_.kind, project, name, fields), 201);
    }

    /// A change of what is there, at the version that the request names.
    template <class Work>
    awaitable<Response> change_with(Request& request, Work work) {
        co_return co_await change(request, [&](Workspace& workspace) {
            const auto before = own_thing(workspace, request, noun_.kind);
            const auto revision = require_match(request, before.record);
            Things things(workspace);
            return changed(work(things, before, revision));
        });
    }

    service::WorkspacePool& workspaces_;
    Noun noun_;
    DocumentShelf shelf_;
};

std::string with_article(std::string_view word) {
    return fmt::format("{} {}", std::string_view("aeiou").find(word.front()) == std::string_view::npos ? "a" : "an", word);
}

}  // namespace

std::string plural_of(catalog::Kind kind) {
    return std::string(to_string(kind)) + "s";
}

Resource thing_in(Workspace& workspace, const Request& request, catalog::Kind kind) {
    return Things(workspace).get(kind, project_of(request), name_of(request));
}

Resource own_thing(Workspace& workspace, const Request& request, catalog::Kind kind) {
    auto thing = thing_in(workspace, request, kind);
    const auto& project = project_of(request);
    const auto& whose = thing.record.project;
    if (catalog::name_key(whose) == catalog::name_key(project)) return thing;
    throw Error(ErrorCode::not_found, fmt::format("The {} '{}' is not of the project '{}' but of '{}'.",
                                                  to_string(kind), thing.name, project, whose))
        .hinting(fmt::format("change it below /v1/projects/{}", whose));
}

Response changed(const Changed& changed, unsigned status) {
    const auto& resource = changed.resource;
    auto document = document_of(resource);
    document["warnings"] = to_json(changed.warnings);
    auto response = answer(document, status);
    response.with("ETag", entity_tag(resource.record));
    if (status == 201)
        response.with("Location", address_of(resource.record.project, plural_of(resource.kind), resource.name));
    return response;
}

std::vector<http::Route> noun_routes(service::WorkspacePool& workspaces, Noun noun) {
    const auto routes = std::make_shared<Routes>(workspaces, std::move(noun));
    const auto with = [routes](awaitable<Response> (Routes::*handler)(Request&)) {
        return [routes, handler](Request& request) { return ((*routes).*handler)(request); };
    };
    const auto& n = routes->noun();
    const std::string word(to_string(n.kind)), one_of(with_article(word)), many(plural_of(n.kind));
    const auto change = n.schema + "Change";
    auto list_parameters = page_parameters();
    for (const auto& [member, help] : n.filters)
        list_parameters.push_back({member, help});
    list_parameters.push_back({"own", "Only the project's own, not those of `global`", "boolean"});
    auto remove_parameters = n.remove_parameters;
    remove_parameters.push_back(if_match_parameter());
    remove_parameters.push_back({"force", "Although something uses it", "boolean"});
    using Role = http::Principal::Role;
    const std::string all = "/v1/projects/{project}/" + many, one = all + "/{name}";
    const std::vector<unsigned> changes{404, 409, 412, 428}, changes_with{404, 409, 412, 413, 415, 428};
    const auto sentences = [](std::string first, const std::string& more) { return more.empty() ? first : first + ' ' + more; };
    const http::RouteNotes plain_change{.parameters = {if_match_parameter()}, .response = n.schema, .failures = changes};
    const auto asks = [&](const char* request, const char* description) {
        return http::RouteNotes{.description = description,
                                .parameters = {if_match_parameter()},
                                .request = request,
                                .response = n.schema,
                                .failures = changes_with};
    };
    auto disabling = plain_change;
    disabling.description = n.disable_note;
    std::vector<http::Route> rows{
        {"GET", all, Role::viewer, fmt::format("List the {} of a project and the global ones", many), with(&Routes::list),
         {.description = "In the order of `sort`, a page at a time. Secrets are never shown.",
          .parameters = list_parameters,
          .response = n.schema + "Page"}},
        {"POST", all, Role::operator_, fmt::format("Create {}", one_of), with(&Routes::create),
         {.description = sentences("One answer names every field that is wrong.", n.create_note),
          .request = n.schema,
          .response = n.schema,
          .success = 201,
          .failures = {404, 409, 413, 415}}},
        {"GET", one, Role::viewer, fmt::format("Show {}", one_of), with(&Routes::show),
         {.parameters = {{"If-None-Match", "An ETag that is known already: then the answer is 304", "string", true}},
          .response = n.schema,
          .failures = {404}}},
        {"PUT", one, Role::operator_, fmt::format("Replace {}, or create it", one_of), with(&Routes::write),
         {.description = sentences(n.replace_note.empty()
                                       ? "What is not given gets its default; secrets that are not given stay."
                                       : n.replace_note,
                                   "To create, send no If-Match (or `If-None-Match: *`)."),
          .parameters = {if_match_parameter()},
          .request = change,
          .response = n.schema,
          .failures = {201, 404, 409, 412, 413, 415, 428}}},
        {"PATCH", one, Role::operator_, fmt::format("Change fields of {}", one_of), with(&Routes::write),
         {.description = sentences(
              "What is not given stays. null: the default; for a secret, null leaves it and \"\" removes it.", n.update_note),
          .parameters = {if_match_parameter()},
          .request = change,
          .response = n.schema,
          .failures = changes_with}},
        {"DELETE", one, Role::operator_, fmt::format("Delete {}", one_of), with(&Routes::remove),
         {.description = sentences("409 while something uses it, unless forced.", n.remove_note),
          .parameters = remove_parameters,
          .success = 204,
          .failures = changes}},
        {"POST", one + "/duplicate", Role::operator_, fmt::format("Copy {}, with its secrets, under another name", one_of),
         with(&Routes::duplicate),
         {.request = "NewName", .response = n.schema, .success = 201, .failures = {404, 409, 413, 415}}},
        {"POST", one + "/move", Role::operator_, fmt::format("Move {} into another project, or `global`", one_of),
         with(&Routes::move), asks("Move", "409 when something that uses it would not find it there, unless forced.")},
        {"POST", one + "/rollback", Role::operator_,
         fmt::format("Make {} what it was at an earlier revision, as a new one", one_of), with(&Routes::rollback),
         asks("Rollback", "Name, project and secrets stay; warnings name the secrets that were others then.")},
        {"GET", one + "/history", Role::viewer, fmt::format("List the changes of {}, newest first", one_of),
         with(&Routes::history), {.response = "RevisionPage", .failures = {404}}},
        {"GET", one + "/used", Role::viewer, fmt::format("List what uses {}", one_of), with(&Routes::used),
         {.response = "UsePage", .failures = {404}}}};
    if (!catalog::row_of(n.kind).has_fixed_name)
        rows.push_back({"POST", one + "/rename", Role::operator_, fmt::format("Give {} another name", one_of),
                        with(&Routes::rename), asks("NewName", "What uses it follows.")});
    if (n.can_be_disabled) {
        rows.push_back({"POST", one + "/enable", Role::operator_, fmt::format("Enable {}", one_of),
                        with(&Routes::set_enabled), plain_change});
        rows.push_back({"POST", one + "/disable", Role::operator_, fmt::format("Disable {}", one_of),
                        with(&Routes::set_enabled), disabling});
    }
    return rows;
}

}  // namespace fairlead::api
