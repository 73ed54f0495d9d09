#include "flow/work.hpp"

#include <algorithm>

#include "base/path.hpp"
#include "catalog/path_template.hpp"
#include "service/patience.hpp"

namespace fairlead::flow {

Work::Work(const Request& request_, Places& places_, service::HeldRun& held, Listener& listener_)
    : request(request_),
      flow(request_.flow),
      places(places_),
      ledger(held, request_.flow.record.id),
      listener(listener_),
      next_number_(static_cast<std::int64_t>(held.run().files)) {
    auto retries = places.source.sessions->place().retries;
    for (const auto& target : places.targets)
        retries = std::max(retries, target.sessions->place().retries);
    patience = service::patience_of(flow.retry,
                                    flow.retry.attempts ? static_cast<unsigned>(*flow.retry.attempts - 1) : retries);
    retrying = [this](const std::string& what, const Error& error, unsigned failures, std::chrono::milliseconds wait) {
        ledger.held().retried();
        listener.retrying(what, error, failures, wait);
    };
}

catalog::RunFile Work::begin_file(const catalog::FileVersion& version) {
    catalog::RunFile file;
    file.number = next_number_++;
    file.source = places.source.label + version.path;
    file.started_at = now();
    return file;
}

void Work::count(const catalog::RunFile& file) {
    if (file.ok()) {
        ++succeeded;
    } else {
        ++failed;
        if (!first_failure) first_failure = file.error;
    }
    listener.done(file);
}

awaitable<void> Work::report_problem(const std::string& path, const Error& error) {
    catalog::RunFile file;
    file.number = next_number_++;
    file.source = places.source.label + path;
    file.started_at = file.finished_at = now();
    file.outcome = "failed";
    file.error = error;
    co_await ledger.held().put_file(file);
    count(file);
}

std::string Work::source_path() const {
    return path::confine(flow.source.path);
}

std::string Work::filled(std::string_view text, const catalog::FileVersion& version) const {
    catalog::TemplateValues values;
    values.name = path::name(version.path);
    const auto base = source_path();
    auto directory = std::string(path::parent(version.path));
    if (directory.starts_with(base)) directory.erase(0, base.size());
    while (directory.starts_with('/'))
        directory.erase(0, 1);
    values.directory = directory;
    values.now = version.seen_at;
    values.modified = version.modified;
    values.counter = version.counter;
    values.flow = flow.name;
    values.zone = flow.zone;
    return catalog::fill_template(text, values);
}

}  // namespace fairlead::flow
