#include "service/usage.hpp"

#include <fmt/format.h>

#include "fairlead/error.hpp"
#include "store/resource_store.hpp"

namespace fairlead::service {

using catalog::Resource;

namespace {
constexpr std::size_t kNamed = 5;  // users that a sentence names; the others are counted
}

std::vector<Resource> users_of(store::ResourceStore& store, catalog::Kind kind, std::string_view project,
                               std::string_view name) {
    auto users = store.users_of(kind, project, name);
    std::erase_if(users, [&](const Resource& user) {
        return user.record.project != project && store.find(kind, user.record.project, name).has_value();
    });
    return users;
}

std::string sentence_of(const std::vector<Resource>& users, std::string_view project) {
    std::string sentence;
    for (std::size_t i = 0; i < users.size() && i < kNamed; ++i) {
        const auto& user = users[i];
        sentence += fmt::format("{}the {} '{}'", i == 0 ? "" : ", ", catalog::to_string(user.kind), user.name);
        if (user.record.project != project) sentence += fmt::format(" of the project '{}'", user.record.project);
    }
    if (users.size() > kNamed) sentence += fmt::format(" and {} more", users.size() - kNamed);
    return sentence;
}

void refuse_used(const std::vector<Resource>& users, catalog::Kind kind, std::string_view project,
                 std::string_view name, std::string_view doing, bool force) {
    if (users.empty() || force) return;
    throw Error(ErrorCode::conflict, fmt::format("The {} '{}' is used by {}, so it was not {}.",
                                                 catalog::to_string(kind), name, sentence_of(users, project), doing))
        .hinting("change those first, or use --force");
}

}  // namespace fairlead::service
