#include "bundle/export.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <ctime>

#include "base/near.hpp"
#include "bundle/kinds.hpp"
#include "bundle/sealed_package.hpp"
#include "catalog/kinds.hpp"
#include "catalog/secret_reference.hpp"
#include "fairlead/error.hpp"
#include "service/vault.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::bundle {
namespace {

using catalog::Kind;
using catalog::Resource;

/// As "13 Nov 2025", in English wherever it is.
std::string today() {
    static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto now = fmt::localtime(std::time(nullptr));
    return fmt::format("{} {} {}", now.tm_mday, kMonths.at(static_cast<std::size_t>(now.tm_mon)),
                       now.tm_year + 1900);
}

std::string title_of(const ExportWish& wish, const std::vector<Item>& items) {
    switch (wish.scope) {
        case Scope::everything:
            return "everything";
        case Scope::project:
            return wish.project;
        case Scope::connections:
            break;
    }
    if (wish.names.size() == 1 && !items.empty()) return items.front().name;  // what it uses follows it
    return wish.names.empty() ? wish.project : fmt::format("{} {}s", wish.names.size(), to_string(wish.kind));
}

class Collector {
  public:
    Collector(service::Workspace& workspace, const ExportWish& wish)
        : resources_(workspace.store().resources()), vault_(workspace.vault()), wish_(wish) {
        vault_.prepare();
    }

    Bundle collect() {
        bundle_.scope = wish_.scope;
        bundle_.with_secrets = wish_.passphrase.has_value();
        if (wish_.scope != Scope::connections)
            add_kinds();
        else if (wish_.names.empty())
            add_all(wish_.kind);
        else
            add_named();
        if (wish_.scope == Scope::connections) add_what_they_use();
        return std::move(bundle_);
    }

  private:
    void add_kinds() {
        for (const auto& row : catalog::kind_rows())
            if (row.kind != Kind::environment) add_all(row.kind);
        add_environments();
    }

    /// They are the same for all projects: of one project those that its variables have values for.
    void add_environments() {
        std::set<std::string> used;
        for (const auto& item : bundle_.items)
            for (const auto& [kind, name] : item.references)
                if (kind == Kind::environment) used.insert(catalog::name_key(name));
        store::ResourceQuery query;
        query.kind = Kind::environment;
        for (const auto& resource : resources_.list(query))
            if (!is_there_from_the_start(resource) &&
                (wish_.scope == Scope::everything || used.contains(catalog::name_key(resource.name))))
                add(resource);
    }

    void add_all(Kind kind) {
        store::ResourceQuery query;
        query.kind = kind;
        query.limit = 1000;
        if (wish_.scope != Scope::everything) query.projects.push_back(wish_.project);
        while (true) {
            const auto page = resources_.list(query);
            for (const auto& resource : page)
                if (!is_there_from_the_start(resource) && added_.insert(resource.record.id).second) add(resource);
            if (page.size() < query.limit) return;
            query.after = store::cursor_of(page.back(), query.order);
        }
    }

    void add_named() {
        std::vector<std::string> unknown;
        for (const auto& name : wish_.names) {
            const auto found = find(wish_.kind, wish_.project, name);
            if (!found)
                unknown.push_back(name);
            else if (added_.insert(found->record.id).second)
                add(*found);
        }
        if (unknown.empty()) return;
        const auto close = nearest(unknown.front(), resources_.names(wish_.kind, wish_.project));
        throw Error(ErrorCode::not_found, fmt::format("There is no {} '{}' in the project '{}'.", to_string(wish_.kind),
                                                      fmt::join(unknown, "', '"), wish_.project))
            .hinting(close.empty() ? fmt::format("fairlead {} list shows those that exist", to_string(wish_.kind))
                                   : fmt::format("did you mean '{}'?", close));
    }

    std::optional<Resource> find(Kind kind, const std::string& project, const std::string& name) {
        auto found = resources_.find(kind, project, name);
        return found ? found : resources_.find(kind, catalog::kGlobalProject, name);
    }

    /// One after the other, as far as there are more: what is added here may use something itself.
    void add_what_they_use() {
        for (std::size_t i = 0; i < bundle_.items.size(); ++i) {
            const auto project = bundle_.items[i].project;
            const auto references = bundle_.items[i].references;
            for (const auto& [kind, name] : references) {
                if (!is_portable(kind) || serves_both(kind)) continue;
                const auto used = find(kind, project, name);
                if (used && added_.insert(used->record.id).second) add(*used);
            }
        }
    }

    void add(const Resource& resource) {
        Item item;
        item.kind = resource.kind;
        item.project = resource.record.project;
        item.name = resource.name;
        item.enabled = resource.enabled;
        item.tags = resource.tags;
        item.definition = resource.definition;
        item.references = resource.references;
        for (const auto& [field, sealed] : resource.sealed) {
            if (auto reference = catalog::reference_in(sealed))
                item.secrets.emplace(field, Secret(*reference));
            else if (wish_.passphrase)
                item.secrets.emplace(field, catalog::text_of_secret(vault_.open(sealed, resource.record.id, field)));
            else
                item.blank.push_back(field);
        }
        bundle_.items.push_back(std::move(item));
    }

    store::ResourceStore& resources_;
    service::Vault& vault_;
    const ExportWish& wish_;
    Bundle bundle_;
    std::set<std::string> added_;
};

}  // namespace

Export make_export(service::Workspace& workspace, const ExportWish& wish) {
    if (wish.passphrase && wish.passphrase->empty())
        throw Error(ErrorCode::invalid_argument, "The passphrase of a package must not be empty.");
    Export made;
    made.content = Collector(workspace, wish).collect();
    made.file_name = fmt::format("{}-ftp-integration-{}-export.zip", today(), title_of(wish, made.content.items));
    made.bytes = write_archive(to_files(made.content));
    if (wish.passphrase) made.bytes = seal_package(made.bytes, *wish.passphrase);
    for (auto& item : made.content.items)
        item.secrets.clear();
    return made;
}

}  // namespace fairlead::bundle
