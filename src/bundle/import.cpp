#include "bundle/import.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/fault_point.hpp"
#include "base/utf8.hpp"
#include "bundle/filezilla.hpp"
#include "bundle/kinds.hpp"
#include "bundle/openssh.hpp"
#include "bundle/rclone.hpp"
#include "bundle/sealed_package.hpp"
#include "catalog/connection_resource.hpp"
#include "catalog/rename_reference.hpp"
#include "catalog/secret_reference.hpp"
#include "fairlead/error.hpp"
#include "service/connection_change.hpp"
#include "service/stamp.hpp"
#include "service/store_changes.hpp"
#include "service/vault.hpp"
#include "service/workspace.hpp"
#include "store/store.hpp"

namespace fairlead::bundle {
namespace {

using catalog::Kind;
using catalog::Reference;
using catalog::Resource;

/// A thing on its way in.
struct Candidate {
    Resource resource;  ///< without id, checked
    std::map<std::string, Secret> secrets;
    Imported report;
};

std::string words_for(Kind kind, std::string_view name) {
    return fmt::format("{} '{}'", to_string(kind), to_printable(name));
}

/// Gathers the faults of all things, each with the name of the thing.
class Faults {
  public:
    void add(const std::string& name, std::vector<Fault> faults) {
        for (auto& fault : faults) {
            fault.field = fmt::format("{}: {}", to_printable(name), fault.field);
            all_.push_back(std::move(fault));
        }
    }
    void throw_if_any() {
        if (all_.empty()) return;
        Error error(ErrorCode::invalid_argument,
                    fmt::format("{} of what is to be imported {} wrong. Nothing was imported.",
                                all_.size() == 1 ? "A field" : fmt::format("{} fields", all_.size()),
                                all_.size() == 1 ? "is" : "are"));
        error.faults = std::move(all_);
        throw error;
    }

  private:
    std::vector<Fault> all_;
};

std::vector<Candidate> from_bundle(Bundle bundle, const ImportWish& wish) {
    std::vector<Candidate> candidates;
    Faults wrong;
    for (auto& item : bundle.items) {
        if (!is_portable(item.kind))
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("The bundle holds a {}, which this Fairlead does not import.",
                                    to_string(item.kind)));
        Candidate candidate;
        auto& resource = candidate.resource;
        resource.kind = item.kind;
        resource.record.project = bundle.scope == Scope::everything ? item.project : wish.project;
        resource.name = item.name;
        resource.enabled = item.enabled;
        resource.tags = std::move(item.tags);
        resource.definition = std::move(item.definition);
        std::vector<Fault> faults;
        const auto declared = std::move(item.references);
        resource = checked(std::move(resource), faults);
        for (const auto& reference : declared)  // a name that its maker's version found, and we may not
            if (std::ranges::find(resource.references, reference) == resource.references.end())
                resource.references.push_back(reference);
        wrong.add(item.name, std::move(faults));
        candidate.secrets = std::move(item.secrets);
        candidate.report.origin = item.name;
        candidate.report.to_enter = std::move(item.blank);
        candidates.push_back(std::move(candidate));
    }
    wrong.throw_if_any();
    return candidates;
}

/// Reads the files that a draft names; what cannot be read is to be entered.
void read_files(Draft& draft, const ImportWish& wish) {
    for (const auto& [field, path] : draft.files) {
        if (field == "sftp.knownHosts") {  // the path itself is the field
            draft.fields.set(field, path);
            continue;
        }
        try {
            if (!wish.read_file) throw Error(ErrorCode::unsupported, "files are not read here");
            draft.fields.secrets[field] = wish.read_file(path);
        } catch (const Error& error) {
            draft.to_enter.push_back(field);
            draft.notes.push_back(fmt::format("{} was not read: {}", to_printable(path), error.message));
        }
    }
}

Candidate from_draft(Draft draft, const ImportWish& wish, Faults& wrong) {
    read_files(draft, wish);
    for (auto& [field, secret] : draft.fields.secrets)  // a password, whatever it looks like here
        secret = catalog::text_of_secret(catalog::without_variables(secret.reveal()));
    std::vector<Fault> faults;
    auto connection = catalog::apply(catalog::Connection{}, draft.fields, faults);
    connection.name = draft.name;
    auto verdict = catalog::validate(connection);
    faults.insert(faults.end(), verdict.faults.begin(), verdict.faults.end());
    wrong.add(draft.origin, std::move(faults));
    for (const auto& warning : verdict.warnings)
        draft.notes.push_back(fmt::format("{} {}", warning.field, warning.problem));

    Candidate candidate;
    for (const auto& [field, secret] : catalog::secrets_of(connection))
        if (!secret->empty()) candidate.secrets.emplace(field, *secret);
    candidate.resource = catalog::to_resource(connection);
    candidate.resource.record.project = wish.project;
    candidate.report.origin = draft.origin;
    candidate.report.to_enter = std::move(draft.to_enter);
    candidate.report.notes = std::move(draft.notes);
    return candidate;
}

std::vector<Candidate> from_drafts(Drafts drafts, const ImportWish& wish, Import& result) {
    std::vector<Candidate> candidates;
    Faults wrong;
    for (auto& draft : drafts.drafts)
        candidates.push_back(from_draft(std::move(draft), wish, wrong));
    wrong.throw_if_any();
    result.skipped = std::move(drafts.skipped);
    result.notes = std::move(drafts.notes);
    return candidates;
}

Bundle unpack(std::string_view bytes, const ImportWish& wish) {
    const Archive archive(bytes);
    if (!is_sealed(archive)) return read_bundle(archive);
    if (!wish.passphrase) {
        Error error(ErrorCode::invalid_argument, "The package is encrypted. Nothing was imported.");
        error.faults.push_back({"passphrase", "", "is missing: name the variable that holds it (--passphrase-env VAR)"});
        throw error;
    }
    const auto package = open_package(archive, *wish.passphrase);
    return read_bundle(Archive(package));
}

/// Decides what becomes of each thing and stores it. Runs inside one transaction.
class Store {
  public:
    Store(service::Workspace& workspace, const ImportWish& wish, std::vector<Candidate>& candidates)
        : workspace_(workspace), resources_(workspace.store().resources()), wish_(wish), candidates_(candidates) {}

    void decide() {
        std::vector<Fault> taken;
        for (auto& candidate : candidates_)
            claim(candidate);
        for (auto& candidate : candidates_)
            settle_name(candidate, taken);
        if (!taken.empty()) {
            Error error(ErrorCode::already_exists,
                        taken.size() == 1 ? "A name is taken already. Nothing was imported."
                                          : fmt::format("{} names are taken already. Nothing was imported.",
                                                        taken.size()));
            error.faults = std::move(taken);
            error.hint = "import with --on-conflict rename or --on-conflict overwrite";
            throw error;
        }
        for (auto& candidate : candidates_)
            follow_renames(candidate);
        require_what_is_used();
    }

    void write() {
        std::map<std::string, std::vector<store::ResourceChange>> changes;  // by project
        for (auto& candidate : candidates_)
            if (candidate.report.action != "keep")
                changes[candidate.resource.record.project].push_back(change_for(candidate));
        workspace_.vault().require_current();
        FAIRLEAD_FAULT_POINT("import.before_write");
        for (const auto& [project, those] : changes)
            service::store_changes(workspace_.store(), workspace_.actor(), those);
        FAIRLEAD_FAULT_POINT("import.before_commit");
    }

  private:
    using Key = std::tuple<Kind, std::string, std::string>;

    static Key key_of(Kind kind, std::string_view project, std::string_view name) {
        return {kind, std::string(project), catalog::name_key(name)};
    }

    void claim(const Candidate& candidate) {
        const auto& r = candidate.resource;
        claimed_.insert(key_of(r.kind, r.record.project, r.name));
    }

    void settle_name(Candidate& candidate, std::vector<Fault>& taken) {
        auto& r = candidate.resource;
        auto& report = candidate.report;
        report.kind = r.kind;
        report.project = r.record.project;
        report.action = "create";
        auto stored = resources_.find(r.kind, r.record.project, r.name);
        if (stored && serves_both(r.kind) && wish_.on_conflict != OnConflict::overwrite) {
            report.action = "keep";
            report.to_enter.clear();
            report.name = stored->name;
            return;
        }
        if (stored && wish_.on_conflict == OnConflict::fail)
            taken.push_back({"name", r.name, fmt::format("is the name of a {} in the project '{}' already",
                                                         to_string(r.kind), r.record.project)});
        if (stored && wish_.on_conflict == OnConflict::rename) {
            const auto old = r.name;
            r.name = free_name(r);
            renamed_[key_of(r.kind, r.record.project, old)] = r.name;
            report.action = "rename";
        }
        if (stored && wish_.on_conflict == OnConflict::overwrite) overwrite(candidate, std::move(*stored));
        report.name = r.name;
    }

    /// "name-2", or the next that neither the store nor the file has.
    std::string free_name(const Resource& resource) {
        constexpr std::size_t kLongest = 128;
        for (unsigned n = 2;; ++n) {
            const auto end = fmt::format("-{}", n);
            auto name = resource.name.substr(0, kLongest - end.size());
            while (name.ends_with(' '))
                name.pop_back();
            name += end;
            const auto key = key_of(resource.kind, resource.record.project, name);
            if (claimed_.contains(key) || resources_.find(resource.kind, resource.record.project, name)) continue;
            claimed_.insert(key);
            return name;
        }
    }

    /// The stored thing keeps its id and history. Its secrets stay where the file has none, unless they would
    /// go to somebody else.
    static void overwrite(Candidate& candidate, Resource stored) {
        auto& r = candidate.resource;
        auto& to_enter = candidate.report.to_enter;
        candidate.report.action = "overwrite";
        if (stored.kind == Kind::connection &&
            service::leads_to_another_server(catalog::connection_of(stored), catalog::connection_of(r))) {
            for (const auto& [field, sealed] : stored.sealed)
                if (!candidate.secrets.contains(field) && std::ranges::find(to_enter, field) == to_enter.end())
                    to_enter.push_back(field);
        } else {
            for (const auto& field : to_enter)
                if (stored.sealed.contains(field)) r.sealed[field] = stored.sealed.at(field);
            std::erase_if(to_enter, [&](const std::string& field) { return r.sealed.contains(field); });
        }
        r.record = stored.record;
        r.name = stored.name;
    }

    /// What uses a thing of the file by a name that was taken uses it by its new one.
    void follow_renames(Candidate& candidate) {
        auto& r = candidate.resource;
        const auto references = r.references;
        for (const auto& reference : references) {
            const auto renamed = renamed_.find(key_of(reference.kind, r.record.project, reference.name));
            if (renamed == renamed_.end()) continue;
            catalog::rename_reference(r, reference, renamed->second);
            candidate.report.notes.push_back(fmt::format("uses the {} as '{}'",
                                                         words_for(reference.kind, reference.name), renamed->second));
        }
    }

    bool is_somewhere(const Reference& used, const std::string& project) {
        for (const auto& place : {project, std::string(catalog::kGlobalProject)})
            if (claimed_.contains(key_of(used.kind, place, used.name)) ||
                resources_.find(used.kind, place, used.name))
                return true;
        return false;
    }

    void require_what_is_used() {
        std::vector<Fault> faults;
        for (auto& candidate : candidates_) {
            const auto& r = candidate.resource;
            if (candidate.report.action == "keep") continue;
            for (const auto& used : r.references) {
                if (is_somewhere(used, r.record.project)) continue;
                candidate.report.missing.push_back(words_for(used.kind, used.name));
                faults.push_back({r.name, "",
                                  fmt::format("uses the {}, which is neither in the file nor in the project '{}'",
                                              words_for(used.kind, used.name), r.record.project)});
            }
        }
        if (faults.empty() || wish_.allow_missing) return;
        Error error(ErrorCode::invalid_argument, "What is to be imported uses something that is missing. Nothing was imported.");
        error.faults = std::move(faults);
        error.hint = "make it first, or import with --allow-missing";
        throw error;
    }

    store::ResourceChange change_for(Candidate& candidate) {
        auto& r = candidate.resource;
        service::stamp(r.record, workspace_.actor());
        store::ResourceChange change{store::Change::import, {}, {}};
        for (const auto& [field, secret] : candidate.secrets) {
            if (catalog::is_secret_reference(secret.reveal()))
                candidate.report.notes.push_back(fmt::format("{} is kept elsewhere: {}", field, secret.reveal()));
            r.sealed[field] = workspace_.vault().seal(secret, r.record.id, field);
            change.changed_secrets.push_back(field);
        }
        change.resource = r;
        return change;
    }

    service::Workspace& workspace_;
    store::ResourceStore& resources_;
    const ImportWish& wish_;
    std::vector<Candidate>& candidates_;
    std::set<Key> claimed_;
    std::map<Key, std::string> renamed_;
};

std::vector<Candidate> read(std::string_view bytes, const ImportWish& wish, Import& result) {
    switch (result.format) {
        case Format::bundle:
            return from_bundle(unpack(bytes, wish), wish);
        case Format::rclone:
            return from_drafts(read_rclone(bytes, wish.surroundings), wish, result);
        case Format::filezilla:
            return from_drafts(read_filezilla(bytes), wish, result);
        case Format::openssh:
            return from_drafts(read_openssh(bytes, wish.surroundings), wish, result);
    }
    return {};
}

}  // namespace

Import import_file(service::Workspace& workspace, std::string_view bytes, const ImportWish& wish) {
    Import result;
    result.dry_run = wish.dry_run;
    result.format = wish.format ? *wish.format : recognise(bytes);
    auto candidates = read(bytes, wish, result);
    Store store(workspace, wish, candidates);
    if (wish.dry_run)
        store.decide();
    else
        workspace.store().together([&] {
            store.decide();
            store.write();
        });
    FAIRLEAD_FAULT_POINT("import.committed");
    for (auto& candidate : candidates)
        result.items.push_back(std::move(candidate.report));
    return result;
}

}  // namespace fairlead::bundle
