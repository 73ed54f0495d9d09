#include "cli/copy_files.hpp"
#include "cli/verbs.hpp"

namespace fairlead::cli {
namespace {

struct GetOptions {
    std::vector<std::string> locations;
    TransferFlags transfer;
    std::shared_ptr<ConnectionFlags> flags;
};

/// The last one is where to, if it is of this machine and not alone; else that is the folder we are in.
CopyRequest request_of(const GetOptions& options) {
    CopyRequest request;
    for (const auto& text : options.locations)
        request.sources.push_back(parse_location(text));
    if (request.sources.size() > 1 && !request.sources.back().is_remote()) {
        request.target = std::move(request.sources.back());
        request.sources.pop_back();
    } else {
        request.target = parse_location("./");
    }
    request.flags = options.transfer;
    return request;
}

}  // namespace

void add_get(CLI::App& app, Context& context) {
    auto options = std::make_shared<GetOptions>();
    auto* verb = app.add_subcommand("get", "Download files");
    verb->add_option(
            "LOC... [LOCAL]", options->locations,
            "What to get, and where to: a file, a folder (for several, or with -r), or - for standard "
            "output; default: the folder you are in")
        ->required()
        ->type_name("");
    add_copy_options(*verb, options->transfer, context);
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] { copy_files(context, request_of(*options), *options->flags); });
}

}  // namespace fairlead::cli
