#include "service/rotation.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <chrono>

#include "base/fault_point.hpp"
#include "catalog/resource.hpp"
#include "catalog/secret_box.hpp"
#include "catalog/secret_key.hpp"
#include "catalog/secret_reference.hpp"
#include "fairlead/error.hpp"
#include "service/key_lock.hpp"
#include "service/vault.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::service {
namespace {

using catalog::Kind;
using catalog::Resource;

constexpr std::size_t kPage = 500;
constexpr std::array kKinds{Kind::project,   Kind::environment, Kind::variable, Kind::connection,
                            Kind::operation, Kind::monitor,     Kind::flow,     Kind::token};

Time now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

bool is_encrypted(std::string_view sealed) {
    return !catalog::reference_in(sealed);
}

bool holds_encrypted(const Resource& resource) {
    return std::ranges::any_of(resource.sealed, [](const auto& each) { return is_encrypted(each.second); });
}

/// Calls `work` with all things that hold secrets, some at a time.
template <class Work>
void for_each_page(store::Store& store, Work work) {
    for (const auto kind : kKinds) {
        store::ResourceQuery query;
        query.kind = kind;
        query.limit = kPage;
        while (true) {
            auto page = store.resources().list(query);
            const bool last = page.size() < kPage;
            if (!page.empty()) query.after = store::cursor_of(page.back(), query.order);
            std::erase_if(page, [](const Resource& each) { return !holds_encrypted(each); });
            if (!page.empty()) work(std::move(page));
            if (last) break;
        }
    }
}

/// Ends a rotation that was cut off after its transaction: its key must not be overwritten by the next one.
void settle(const std::string& directory, const std::string& id) {
    for (const auto& key : catalog::find_secret_keys(directory))
        if (key.is_next && key.is_ours && catalog::SecretBox(key.key).key_id() == id)
            catalog::adopt_next_secret_key(directory);
}

/// The key to rotate to, safely kept where it will be looked for.
catalog::SecretKey next_key(const std::string& directory) {
    const auto keys = catalog::find_secret_keys(directory);
    if (keys.empty() || keys.front().is_ours) return catalog::make_next_secret_key(directory);
    for (const auto& key : keys)
        if (key.is_next) return key;
    const bool environment = keys.front().source.starts_with('$');
    throw Error(ErrorCode::invalid_argument,
                fmt::format("The key comes from {}, so the new one must be given too.", keys.front().source))
        .hinting(environment ? "set $FAIRLEAD_NEW_KEY, for example to the output of: head -c 32 /dev/urandom | base64"
                             : "give the credential fairlead.new-key beside fairlead.key");
}

class Rotating {
  public:
    Rotating(Workspace& workspace, const catalog::SecretKey& key)
        : workspace_(workspace), box_(key.key) {
        result_.key_id = box_.key_id();
        result_.source = key.source;
    }

    Rotation run(const std::string& old_id) {
        auto& store = workspace_.store();
        store.together([&] {
            if (store.settings().get(Vault::kKeySetting) != old_id)
                throw Error(ErrorCode::conflict, "The key was replaced by another process; nothing was changed.");
            // Waits for whoever is storing secrets under the old key, so that they are seen below, and lets nobody
            // begin to.
            store.settings().set(Vault::kKeySetting, old_id);
            for_each_page(store, [&](std::vector<Resource> page) { reseal(std::move(page)); });
            store.settings().set(Vault::kKeySetting, result_.key_id);
            store.audit().record(entry());
            FAIRLEAD_FAULT_POINT("rotate.before_commit");
        });
        return result_;
    }

  private:
    void reseal(std::vector<Resource> page) {
        auto& vault = workspace_.vault();
        std::vector<store::ResourceChange> changes;
        for (auto& resource : page) {
            for (auto& [field, sealed] : resource.sealed) {
                if (!is_encrypted(sealed)) continue;
                sealed = box_.seal(vault.open(sealed, resource.record.id, field), resource.record.id, field);
                ++result_.secrets;
            }
            ++result_.resources;
            resource.record.revision += 1;  // so that a change under way under the old key is stale
            resource.record.updated_at = now();
            resource.record.updated_by = workspace_.actor().name;
            changes.push_back({store::Change::rotate, std::move(resource), {}});
        }
        workspace_.store().resources().apply(changes, workspace_.actor().via);
        FAIRLEAD_FAULT_POINT("rotate.amid");
    }

    store::AuditEntry entry() const {
        store::AuditEntry entry;
        entry.at = now();
        entry.by = workspace_.actor().name;
        entry.via = workspace_.actor().via;
        entry.action = "rotate";
        entry.detail = {{"secrets", result_.secrets}, {"keyId", result_.key_id}};
        return entry;
    }

    Workspace& workspace_;
    catalog::SecretBox box_;
    Rotation result_;
};

std::string left_to_do(const catalog::SecretKey& key) {
    if (key.is_ours) return "";
    if (key.source.starts_with('$'))
        return "make the value of $FAIRLEAD_NEW_KEY that of $FAIRLEAD_KEY, and unset $FAIRLEAD_NEW_KEY";
    return "make the credential fairlead.new-key the credential fairlead.key";
}

}  // namespace

boost::json::object to_json(const Rotation& rotation) {
    return {{"secrets", rotation.secrets},
            {"resources", rotation.resources},
            {"keyId", rotation.key_id},
            {"source", rotation.source},
            {"toDo", rotation.to_do.empty() ? boost::json::value(nullptr) : boost::json::value(rotation.to_do)}};
}

Rotation rotate_secrets(Workspace& workspace) {
    const auto& directory = workspace.directory();
    auto& settings = workspace.store().settings();
    const KeyLock lock(directory, true);
    const auto old_id = settings.get(Vault::kKeySetting);
    if (!old_id) throw Error(ErrorCode::not_found, "There is no key yet: it is made with the first secret.");
    settle(directory, *old_id);
    (void)Vault::key_source(directory, old_id);  // throws when the key in force is not there
    FAIRLEAD_FAULT_POINT("rotate.begun");
    const auto key = next_key(directory);
    FAIRLEAD_FAULT_POINT("rotate.next_key_kept");
    Rotation result;
    try {
        result = Rotating(workspace, key).run(*old_id);
    } catch (...) {
        // Where it is not certain that nothing was kept, the next key may be the key.
        if (key.is_ours && settings.get(Vault::kKeySetting) == old_id) catalog::forget_next_secret_key(directory);
        throw;
    }
    FAIRLEAD_FAULT_POINT("rotate.committed");
    if (key.is_ours) {
        catalog::adopt_next_secret_key(directory);
        result.source = directory + "/secret.key";
    }
    FAIRLEAD_FAULT_POINT("rotate.adopted");
    result.to_do = left_to_do(key);
    return result;
}

std::size_t check_secrets(Workspace& workspace) {
    std::size_t count = 0;
    for_each_page(workspace.store(), [&](const std::vector<Resource>& page) {
        for (const auto& resource : page)
            for (const auto& [field, sealed] : resource.sealed) {
                if (!is_encrypted(sealed)) continue;
                try {
                    (void)workspace.vault().open(sealed, resource.record.id, field);
                } catch (Error& error) {
                    error.message = fmt::format("The {} '{}' of the project '{}': {}", to_string(resource.kind),
                                                resource.name, resource.record.project, error.message);
                    throw;
                }
                ++count;
            }
    });
    return count;
}

}  // namespace fairlead::service
