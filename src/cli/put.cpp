#include "cli/copy_files.hpp"
#include "cli/verbs.hpp"

namespace fairlead::cli {
namespace {

struct CopyOptions {
    std::vector<std::string> locations;
    TransferFlags transfer;
    std::shared_ptr<ConnectionFlags> flags;
};

CopyRequest request_of(const CopyOptions& options) {
    CopyRequest request;
    for (const auto& text : options.locations)
        request.sources.push_back(parse_location(text));
    request.target = std::move(request.sources.back());
    request.sources.pop_back();
    request.flags = options.transfer;
    return request;
}

void add_copying(CLI::App& app, Context& context, const std::string& name, const std::string& about,
                 const std::string& words, const std::string& help) {
    auto options = std::make_shared<CopyOptions>();
    auto* verb = app.add_subcommand(name, about);
    verb->add_option(words, options->locations, help)->required()->expected(2, -1)->type_name("");
    add_copy_options(*verb, options->transfer, context);
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] { copy_files(context, request_of(*options), *options->flags); });
}

}  // namespace

void add_put(CLI::App& app, Context& context) {
    add_copying(
        app, context, "put", "Upload files", "LOCAL... LOC",
        "What to put (- for standard input), and where to: a file, or a folder (for several, with -r, or "
        "ending in /)");
}

void add_cp(CLI::App& app, Context& context) {
    add_copying(app, context, "cp", "Copy files between any two places, through memory", "LOC... LOC",
                "What to copy, and where to: a file, or a folder (for several, with -r, or ending in /)");
}

}  // namespace fairlead::cli
