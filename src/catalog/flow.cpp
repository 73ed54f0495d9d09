#include "catalog/flow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/glob.hpp"
#include "base/path.hpp"
#include "catalog/checks.hpp"
#include "catalog/connection.hpp"
#include "catalog/cron.hpp"
#include "catalog/path_template.hpp"
#include "catalog/receivers.hpp"
#include "catalog/resource.hpp"

namespace fairlead::catalog {
namespace {

constexpr std::size_t kMostTargets = 32;

class Check {
  public:
    void operator()(std::string field, const std::string& value, std::string problem) {
        if (!problem.empty()) faults.push_back({std::move(field), value, std::move(problem)});
    }
    /// A path below a working directory, or of this machine when there is no connection.
    void path_of(const std::string& field, const std::string& value, bool local) {
        if (has_control_bytes(value)) return (*this)(field, "", "must not hold line breaks or NUL");
        if (local && !value.starts_with('/')) return (*this)(field, value, "of this machine must begin with /");
        for (const auto part : path::parts(value))
            if (part == "..") return (*this)(field, value, "must not hold ..");
    }
    void template_of(const std::string& field, const std::string& value) {
        if (has_control_bytes(value)) return (*this)(field, "", "must not hold line breaks or NUL");
        (*this)(field, value, problem_of_template(value));
    }
    /// A part of a file name.
    void name_of(const std::string& field, const std::string& value) {
        template_of(field, value);
        if (value.find('/') != std::string::npos) (*this)(field, value, "must be a name, without directories");
    }
    void globs_of(const std::string& field, const std::vector<std::string>& patterns) {
        for (const auto& pattern : patterns) {
            try {
                (void)Glob(pattern);
            } catch (const Error& error) {
                (*this)(field, pattern, "is no pattern: " + error.message);
            }
        }
    }
    std::vector<Fault> faults;
};

void check_source(const FlowSource& source, Check& check) {
    const bool local = source.connection.empty();
    check.path_of("source.path", source.path, local);
    check.globs_of("source.patterns", source.patterns);
    check.globs_of("source.exclude", source.exclude);
    if (source.min_size && source.max_size && *source.min_size > *source.max_size)
        check("source.minSize", std::to_string(*source.min_size), "is more than source.maxSize");
    check.name_of("source.marker", source.marker);
    if (!source.marker.empty() && source.marker.find('{') == std::string::npos)
        check("source.marker", source.marker, "must hold {name} or {stem}, to say which file it is for");
    const bool moves = source.afterwards == "move", renames = source.afterwards == "rename";
    if (moves && source.move_to.empty()) check("source.moveTo", "", "is missing: say where to move files");
    if (!moves && !source.move_to.empty()) check("source.moveTo", source.move_to, "is for afterwards: move");
    if (renames && source.rename_to.empty()) check("source.renameTo", "", "is missing: say what files become");
    if (!renames && !source.rename_to.empty()) check("source.renameTo", source.rename_to, "is for afterwards: rename");
    if (renames && source.rename_to == "{name}") check("source.renameTo", source.rename_to, "renames nothing");
    check.path_of("source.moveTo", source.move_to, false);
    check.template_of("source.moveTo", source.move_to);
    check.name_of("source.renameTo", source.rename_to);
    check.path_of("source.quarantine", source.quarantine, false);
}

void check_target(const FlowTarget& target, const std::string& prefix, Check& check) {
    if (target.name.size() > 256) check(prefix + "name", target.name, "is longer than 256 bytes");
    check.path_of(prefix + "path", target.path, target.connection.empty());
    check.template_of(prefix + "path", target.path);
    check.path_of(prefix + "stagingDirectory", target.staging_directory, false);
    if (target.temporary_extension.find('/') != std::string::npos)
        check(prefix + "temporaryExtension", target.temporary_extension, "must be part of a file name, such as tmp");
    if (target.if_exists == "append" && !(target.staging_directory.empty() && target.temporary_extension.empty()))
        check(prefix + "ifExists", "append", "cannot go through a temporary name or staging directory");
}

void check_step(const FlowStep& step, const std::string& prefix, Check& check) {
    const bool names = step.action == "rename" || step.action == "checksum" || step.action == "marker";
    check.name_of(prefix + "name", step.name);
    if (step.action == "rename" && step.name.empty()) check(prefix + "name", "", "is missing: say what files become");
    if (!names && !step.name.empty()) check(prefix + "name", step.name, "means nothing for " + step.action);
    const bool encrypts = step.action == "encrypt";
    if (encrypts && step.recipients.empty()) check(prefix + "recipients", "", "is missing: say whose keys");
    if (!encrypts && !step.recipients.empty()) check(prefix + "recipients", "", "is for encrypt");
    if (!encrypts && step.armor) check(prefix + "armor", "true", "is for encrypt");
    const bool packs = step.action == "gzip" || step.action == "zstd" || step.action == "zip";
    if (!packs && step.level != 0) check(prefix + "level", std::to_string(step.level), "is for gzip, zstd and zip");
    if (packs && step.action != "zstd" && step.level > 9)
        check(prefix + "level", std::to_string(step.level), "is at most 9 for " + step.action);
}

void check_expectations(const Flow& flow, Check& check) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < flow.expectations.size(); ++i) {
        const auto& expectation = flow.expectations[i];
        const auto prefix = fmt::format("expectations[{}].", i);
        if (expectation.name.empty()) check(prefix + "name", "", "is missing");
        if (!names.insert(expectation.name).second) check(prefix + "name", expectation.name, "is that of another one too");
        check.globs_of(prefix + "patterns", expectation.patterns);
        try {
            const Cron by(deadline_cron(expectation.by));
        } catch (const Error& error) {
            check(prefix + "by", expectation.by, "must be a time such as 06:00, or a cron expression: " + error.message);
        }
    }
    if (flow.unique_content && !flow.source.content_hash)
        check("uniqueContent", "true", "needs source.contentHash");
    for (auto& fault : receiver_faults("notify.webhook", flow.notify.webhook, "notify.email", flow.notify.email))
        check.faults.push_back(std::move(fault));
}

}  // namespace

std::string deadline_cron(const std::string& by) {
    const bool clock = by.size() == 5 && by[2] == ':';
    return clock ? fmt::format("{} {} * * *", by.substr(3, 2), by.substr(0, 2)) : by;
}

std::vector<Fault> validate(const Flow& flow) {
    Check check;
    if (!is_connection_name(flow.name))
        check("name", flow.name, "must be 1 to 128 letters, digits, . _ - and inner spaces");
    if (count_characters(flow.description) > 1000) check("description", "", "is longer than 1000 characters");
    check("zone", flow.zone, problem_of_time_zone(flow.zone));
    check_source(flow.source, check);
    for (std::size_t i = 0; i < flow.steps.size(); ++i)
        check_step(flow.steps[i], fmt::format("steps[{}].", i), check);
    if (flow.targets.empty()) check("targets", "", "is missing: say where files go");
    if (flow.targets.size() > kMostTargets) check("targets", "", fmt::format("has more than {}", kMostTargets));
    std::set<std::string> names;
    for (std::size_t i = 0; i < flow.targets.size(); ++i) {
        const auto prefix = fmt::format("targets[{}].", i);
        check_target(flow.targets[i], prefix, check);
        if (!names.insert(name_key(flow.targets[i].name)).second)
            check(prefix + "name", flow.targets[i].name, "is the name of another target too");
    }
    if (flow.schedule)
        for (auto& fault : validate(*flow.schedule, flow.zone, "schedule."))
            check.faults.push_back(std::move(fault));
    for (const auto& name : flow.triggers.after)
        if (name_key(name) == name_key(flow.name)) check("triggers.after", name, "is the flow itself");
    check_expectations(flow, check);
    for (auto& fault : retry_faults(flow.retry, {"retry.wait", "retry.errors", "retry.longestWait"}))
        check.faults.push_back(std::move(fault));
    return std::move(check.faults);
}

}  // namespace fairlead::catalog
