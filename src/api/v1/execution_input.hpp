#pragma once

#include <string>
#include <vector>

#include "catalog/operation.hpp"
#include "http/router.hpp"
#include "operation/execution.hpp"

namespace fairlead::api {

/// Documents on their way in, as files in the folder of a run that is not stored yet. The folder goes again unless
/// it is kept.
class Spool {
  public:
    explicit Spool(std::string folder) : folder_(std::move(folder)) {}
    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    const std::string& folder() const noexcept { return folder_; }
    void keep() noexcept { kept_ = true; }
    /// Writes the next document, piece by piece, as `next` gives it (none at the end); gives its path. It is on the
    /// disk then.
    awaitable<std::string> put(std::function<awaitable<http::Bytes>()> next);

  private:
    std::string folder_;
    unsigned count_ = 0;
    bool kept_ = false;
};

/// What a request wants an operation to do.
struct Wanted {
    std::vector<operation::Input> inputs;
    catalog::Parameters parameters;
    std::string environment;
    bool trace = false;  ///< what is said with the server is kept
};

/// Reads the documents of a request: JSON, multipart, or one raw content, with the properties that its parameters
/// name. See docs/rest.md. Throws Error{invalid_argument} with every fault.
awaitable<Wanted> read_wanted(http::Request& request, const catalog::Operation& operation, Spool& spool);

/// The query parameters of such a request, for its description.
std::vector<http::RouteNotes::Parameter> execution_parameters();

}  // namespace fairlead::api
