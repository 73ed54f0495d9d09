#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace fairlead::service {
class Workspace;
}

namespace fairlead::api {

/// Documents that were made of the store, kept while nothing in it changes: whoever asks for the same thing
/// again and again costs one look at the store's change counter (Store::changes). What anybody changes, also in
/// another process, is seen with the next request. Where the store cannot tell, nothing is kept. May be used
/// from any thread.
class DocumentShelf {
  public:
    struct Document {
        std::string etag;
        std::string body;
    };
    using Made = std::shared_ptr<const Document>;

    /// The document of this key, made by `make` unless it lies here and is up to date.
    Made get(service::Workspace& workspace, const std::string& key, const std::function<Document()>& make);

  private:
    /// Change counters are comparable within one workspace only.
    struct Board {
        std::uint64_t changes = 0;
        std::size_t bytes = 0;
        std::unordered_map<std::string, Made> documents;
    };
    std::mutex mutex_;
    std::unordered_map<const service::Workspace*, Board> boards_;
};

}  // namespace fairlead::api
