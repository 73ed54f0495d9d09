#include "api/document_shelf.hpp"

#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::api {
namespace {

constexpr std::size_t kMostBytes = 4 * 1024 * 1024;  // of each workspace

}  // namespace

DocumentShelf::Made DocumentShelf::get(service::Workspace& workspace, const std::string& key,
                                       const std::function<Document()>& make) {
    // Looked at before the store is read: what changes in between makes the document newer than it counts.
    const auto changes = workspace.store().changes();
    if (!changes) return std::make_shared<const Document>(make());
    {
        const std::scoped_lock lock(mutex_);
        auto& board = boards_[&workspace];
        if (board.changes != *changes) board = Board{*changes, 0, {}};
        if (const auto found = board.documents.find(key); found != board.documents.end())
            return found->second;
    }
    auto made = std::make_shared<const Document>(make());
    const auto bytes = key.size() + made->body.size() + made->etag.size();
    const std::scoped_lock lock(mutex_);
    auto& board = boards_[&workspace];
    if (board.changes != *changes || bytes > kMostBytes / 4) return made;
    if (board.bytes + bytes > kMostBytes) board = Board{*changes, 0, {}};
    board.bytes += bytes;
    board.documents.emplace(key, made);
    return made;
}

}  // namespace fairlead::api
