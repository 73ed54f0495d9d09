#include "transfer/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/path.hpp"
#include "base/precision.hpp"
#include "transfer/names.hpp"

namespace fairlead::transfer {
namespace {

std::pair<std::int64_t, std::int64_t> in_coarser_steps(const Entry& a, const Entry& b) {
    const auto step = std::max(step_of(a.modified_precision), step_of(b.modified_precision));
    const auto count = [&](const Entry& entry) {
        return std::chrono::floor<std::chrono::milliseconds>(entry.modified->time_since_epoch()).count() /
               step.count();
    };
    return {count(a), count(b)};
}

/// Whether `a` is newer than `b`, compared in the coarser of their precisions. Unknown times: yes, so that
/// nothing is silently left out.
bool is_newer(const Entry& a, const Entry& b) {
    if (!a.modified || !b.modified) return true;
    const auto [first, second] = in_coarser_steps(a, b);
    return first > second;
}

TransferPlan skip(std::string target, std::string reason) {
    TransferPlan plan;
    plan.mode = TransferPlan::Mode::skip;
    plan.target = std::move(target);
    plan.reason = std::move(reason);
    return plan;
}

TransferPlan append(std::string target, const Entry& existing, const Abilities& abilities) {
    if (!abilities.append)
        throw Error(ErrorCode::unsupported, "This server cannot append to a file.").on(target);
    if (!existing.size)
        throw Error(
            ErrorCode::unsupported,
            fmt::format("The server does not tell the size of '{}', so an append could not be verified.",
                        target))
            .on(target);
    TransferPlan plan;
    plan.mode = TransferPlan::Mode::append;
    plan.by_append = true;
    plan.existing_size = *existing.size;
    plan.target = std::move(target);
    return plan;
}

}  // namespace

bool differ(const Entry& source, const Entry& target, bool keeps_times) {
    if (!source.size || !target.size || *source.size != *target.size) return true;
    if (!source.modified || !target.modified) return true;
    const auto [first, second] = in_coarser_steps(source, target);
    return keeps_times ? first != second : first > second;
}

bool needs_existing(const Options& options, const Abilities& target) {
    // Overwriting by an atomic rename is right whatever stands there.
    if (options.drop_box) return options.if_exists != IfExists::overwrite;
    return options.if_exists != IfExists::overwrite || (!target.rename && !options.in_place);
}

TransferPlan make_plan(const Entry& source, std::string target, const std::optional<Entry>& existing,
                       const Abilities& abilities, const Options& options, std::string_view unguessable,
                       std::optional<bool> same_content) {
    if (existing && existing->type == EntryType::directory)
        throw Error(ErrorCode::already_exists,
                    fmt::format("'{}' is a directory; a file cannot replace it.", target))
            .on(target);
    if (existing) {
        switch (options.if_exists) {
            case IfExists::fail:
            case IfExists::rename:
                throw Error(ErrorCode::already_exists, fmt::format("'{}' already exists.", target))
                    .on(target)
                    .hinting("--if-exists chooses what happens then");
            case IfExists::skip:
                return skip(std::move(target), "already there");
            case IfExists::append:
                return append(std::move(target), *existing, abilities);
            case IfExists::newer:
                if (!is_newer(source, *existing))
                    return skip(std::move(target), "not newer than what is there");
                break;
            case IfExists::different: {
                const bool same =
                    same_content ? *same_content : !differ(source, *existing, abilities.set_modified);
                if (same) return skip(std::move(target), "not different from what is there");
                break;
            }
            case IfExists::overwrite:
                break;
        }
    }
    TransferPlan plan;
    plan.replace = options.if_exists != IfExists::fail && options.if_exists != IfExists::rename &&
                   options.if_exists != IfExists::skip && options.if_exists != IfExists::append;
    if (abilities.rename && !options.drop_box)
        plan.temporary = temporary_path(target, options, unguessable);
    else if (!options.in_place && !options.drop_box)
        throw Error(ErrorCode::unsupported,
                    "This server cannot rename, so a file cannot be kept hidden until it is complete.")
            .on(target)
            .hinting(
                "--inplace writes under the final name; a broken transfer then leaves a torn file there");
    plan.target = std::move(target);
    return plan;
}

}  // namespace fairlead::transfer
