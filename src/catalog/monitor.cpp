#include "catalog/monitor.hpp"

#include <fmt/format.h>
#include <boost/url/parse.hpp>
#include <limits>
#include <tuple>

#include "base/glob.hpp"
#include "base/path.hpp"
#include "catalog/checks.hpp"
#include "catalog/connection.hpp"
#include "catalog/typed_resource.hpp"

namespace fairlead::catalog {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kMostContent = 10u << 20;

class Faults {
  public:
    void add(std::string_view field, std::string value, std::string problem) {
        all.push_back({std::string(field), std::move(value), std::move(problem)});
    }
    /// What `work` throws is what is wrong.
    template <class Work>
    void of(std::string_view field, const std::string& value, Work work) {
        try {
            work();
        } catch (const Error& error) {
            add(field, value, error.message);
        }
    }
    std::vector<Fault> all;
};

void check_patterns(const Monitor& monitor, Faults& faults) {
    const std::pair<std::string_view, const std::vector<std::string>&> lists[]{
        {"include", monitor.include}, {"exclude", monitor.exclude}, {"unfinished", monitor.unfinished}};
    for (const auto& [field, patterns] : lists)
        for (const auto& pattern : patterns) {
            if (pattern.empty()) faults.add(field, "", "an empty pattern matches nothing");
            faults.of(field, pattern, [&] { Glob glob(pattern); });
        }
    if (!monitor.regex.empty()) faults.of("regex", monitor.regex, [&] { Regex regex(monitor.regex); });
    const auto& marker = monitor.marker;
    if (marker.empty()) return;
    if (marker.find("{name}") == std::string::npos && marker.find("{stem}") == std::string::npos)
        faults.add("marker", marker, "must hold {name} or {stem}: which file it belongs to");
    if (marker.find('/') != std::string::npos || has_control_bytes(marker))
        faults.add("marker", marker, "must be the name of a file in the same directory");
    if (marker == "{name}") faults.add("marker", marker, "must differ from the name of the file");
}

void check_webhook(const Monitor& monitor, Faults& faults) {
    const auto& text = monitor.webhook_url;
    if (text.empty()) {
        if (monitor.sealed.contains(std::string(kWebhookSecret)))
            faults.add(kWebhookSecret, "", "means nothing without webhookUrl");
        if (monitor.content_limit) faults.add("contentLimit", "", "means nothing without webhookUrl");
        return;
    }
    const auto url = boost::urls::parse_uri(text);
    if (!url || (url->scheme() != "http" && url->scheme() != "https") || url->host().empty())
        faults.add("webhookUrl", text, "must be a URL such as https://host/path");
    else if (url->has_userinfo())
        faults.add("webhookUrl", "", "must hold no user and no password");
    if (monitor.content_limit && *monitor.content_limit > kMostContent)
        faults.add("contentLimit", std::to_string(*monitor.content_limit), "must be at most 10M");
}

}  // namespace

unsigned Monitor::levels() const noexcept {
    if (depth) return static_cast<unsigned>(*depth);
    return recursive ? std::numeric_limits<unsigned>::max() : 1;
}

std::vector<Fault> validate(const Monitor& monitor) {
    Faults faults;
    if (!is_connection_name(monitor.name))
        faults.add("name", monitor.name, "must be 1 to 128 letters, digits, . _ - and inner spaces");
    if (count_characters(monitor.description) > 1000)
        faults.add("description", "", "is longer than 1000 characters");
    if (monitor.connection.empty()) faults.add("connection", "", "is missing: name a connection");
    faults.of("path", monitor.path, [&] {
        path::refuse_control_bytes(monitor.path, "path");
        path::confine(monitor.path);
    });
    if (monitor.changes.empty()) faults.add("changes", "", "must name at least one of time, size and mode");
    for (const auto& fact : monitor.changes)
        if (fact != "time" && fact != "size" && fact != "mode")
            faults.add("changes", fact, "must be time, size or mode");
    if (monitor.interval < seconds(1) || monitor.interval > std::chrono::days(366))
        faults.add("interval", fmt::format("{} ms", monitor.interval.count()), "must be from 1s to 366d");
    if (monitor.min_size && monitor.max_size && *monitor.min_size > *monitor.max_size)
        faults.add("maxSize", std::to_string(*monitor.max_size), "is less than minSize");
    if (monitor.max_age.count() > 0 && monitor.min_age > monitor.max_age)
        faults.add("maxAge", "", "is less than minAge");
    check_patterns(monitor, faults);
    check_webhook(monitor, faults);
    return std::move(faults.all);
}

bool sees_otherwise(const Monitor& before, const Monitor& after) {
    const auto seen = [](const Monitor& m) {
        return std::tie(m.environment, m.path, m.include, m.exclude, m.regex, m.min_size, m.max_size, m.min_age,
                        m.max_age, m.directories);
    };
    return name_key(before.connection) != name_key(after.connection) || before.levels() != after.levels() ||
           seen(before) != seen(after);
}

Resource resource_of(const Monitor& monitor) {
    auto resource = resource_with(Kind::monitor, monitor);
    refer(resource, Kind::connection, monitor.connection);
    return resource;
}

Monitor monitor_of(const Resource& resource) {
    return value_of<Monitor>(resource);
}

}  // namespace fairlead::catalog
