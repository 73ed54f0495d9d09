// Measures what people ask of the history of a million files of runs: what happened to *.csv of a partner yesterday, and the
// lists and pages beside it. Prints one line for each, with what it should be.
//
//     cmake --build --preset release --target fairlead_bench_runs
//     build/bench/fairlead_bench_runs [--store FILE|postgresql://...] [--files N]
//
// A store that is there already is measured as it is, so that filling one (with all that a daemon writes, in transactions of a
// thousand files; minutes) is done once. Without --store it is an SQLite file that goes again.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "base/process_identity.hpp"
#include "fairlead/error.hpp"
#include "store/store.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using fairlead::Time;
using fairlead::catalog::Run;
using fairlead::catalog::RunFile;
using fairlead::catalog::RunState;
using fairlead::store::FileQuery;
using fairlead::store::RunQuery;

constexpr std::size_t kFilesOfARun = 50, kRunsAtOnce = 20;
constexpr std::size_t kPartners = 200;
constexpr int kRounds = 200;
constexpr auto kSpan = 30 * 24h;  // over which the runs are spread
constexpr double kMost = 100;     // milliseconds

const Time kEnd{std::chrono::sys_days(std::chrono::year(2026) / 11 / 1)};

struct Size {
    std::size_t files;
    std::size_t runs() const { return files / kFilesOfARun; }
    Time time_of(std::size_t run) const {
        return kEnd - kSpan + std::chrono::duration_cast<std::chrono::milliseconds>(kSpan) * static_cast<long>(run) / static_cast<long>(runs());
    }
    std::string id_of(std::size_t run) const {
        const auto at = fmt::format("{:012x}", time_of(run).time_since_epoch().count());
        return fmt::format("{}-{}-7000-8000-{:012x}", at.substr(0, 8), at.substr(8), run);
    }
};

std::string partner_of(std::size_t run) { return fmt::format("partner-{:03}", run % kPartners); }

/// Nine in ten of them CSV; each number once.
std::string name_of(std::size_t run, std::size_t file) {
    constexpr const char* kKinds[]{"orders", "invoices", "stock", "prices"};
    return fmt::format("{}-{:08}.{}", kKinds[file % 4], run * kFilesOfARun + file, file % 10 == 9 ? "xml" : "csv");
}

Run run_of(const Size& size, std::size_t number) {
    Run run;
    run.id = size.id_of(number);
    run.kind = number % 3 == 0 ? "operation" : "flow";
    run.subject = fmt::format("exchange-{:03}", number % 500);
    run.action = run.kind == "operation" ? "get" : "";
    run.connection = partner_of(number);
    run.state = RunState::running;
    run.attempt = 1;
    run.created_at = size.time_of(number);
    run.by = "bench";
    run.request["only"] = "";
    run.lease = {fairlead::process_identity(), run.created_at + 30s, 1};
    return run;
}

bool fails(std::size_t run, std::size_t file) { return run % 25 == 0 && file % 10 == 3; }

RunFile file_of(const Size& size, std::size_t run, std::size_t number) {
    RunFile file;
    file.number = static_cast<std::int64_t>(number);
    const auto name = name_of(run, number);
    file.source = fmt::format("{}:/out/{}", partner_of(run), name);
    file.target = fmt::format("archive:/in/{}/{}", partner_of(run), name);
    file.outcome = "transferred";
    file.bytes = 10'000 + number;
    file.proof = "size";
    file.started_at = size.time_of(run) + std::chrono::milliseconds(number * 20);
    file.finished_at = *file.started_at + 20ms;
    file.properties["File Name"] = name;
    if (fails(run, number)) {
        file.outcome = "failed";
        file.error = fairlead::Error(fairlead::ErrorCode::permission_denied, "The server refused to store it.");
    }
    boost::json::array steps;
    for (const auto* step : {"connect", "look", "open", "transfer", "verify", "publish"})
        steps.push_back({{"step", step}, {"ok", true}, {"milliseconds", 3}});
    file.history.push_back({{"attempt", 1},
                            {"startedAt", fairlead::to_rfc3339(*file.started_at)},
                            {"finishedAt", fairlead::to_rfc3339(*file.finished_at)},
                            {"bytes", file.bytes},
                            {"source", "192.0.2.17:21"},
                            {"target", "192.0.2.99:22"},
                            {"node", "mover"},
                            {"steps", std::move(steps)},
                            {"error", nullptr}});
    return file;
}

void fill(fairlead::store::Store& store, const Size& size) {
    const auto began = Clock::now();
    auto& runs = store.runs();
    for (std::size_t from = 0; from < size.runs(); from += kRunsAtOnce)
        store.together([&] {
            for (auto number = from; number < std::min(from + kRunsAtOnce, size.runs()); ++number) {
                const auto run = run_of(size, number);
                runs.insert(run);
                for (std::size_t file = 0; file < kFilesOfARun; ++file)
                    runs.put_file(run.id, 1, file_of(size, number, file), run.created_at);
                const bool failed = number % 25 == 0;
                runs.finish(run.id, 1, failed ? RunState::partial : RunState::succeeded, {}, run.created_at + 2s);
            }
        });
    const auto seconds = std::chrono::duration<double>(Clock::now() - began).count();
    fmt::print("filled in {:.0f} s: {:.0f} files a second\n", seconds, static_cast<double>(size.files) / seconds);
}

/// How long a question takes, the middle one of many and the slowest but one in a hundred; it must find `least` at least.
void measure(const char* what, std::size_t least, const std::function<std::size_t()>& ask) {
    std::vector<double> times;
    std::size_t found = 0;
    const auto first = Clock::now();
    for (int i = 0; i < kRounds; ++i) {
        const auto began = Clock::now();
        found = std::max(found, ask());
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
        if (i >= 20 && Clock::now() - first > 10s) break;  // it is slow, and that is known
    }
    if (found < least) fmt::print("{} finds {} only\n", what, found), std::exit(1);
    std::ranges::sort(times);
    const auto slow = times[times.size() * 99 / 100];
    fmt::print("| {} | {:.1f} | {:.1f} | {} |\n", what, times[times.size() / 2], slow, slow < kMost ? "yes" : "no");
    std::fflush(stdout);
}

void measure_all(fairlead::store::RunStore& runs, const Size& size) {
    std::mt19937 random(1);
    const auto some = [&](std::size_t count) { return random() % count; };
    const auto files = [&](std::function<FileQuery()> make) {
        return [&runs, make] {
            auto query = make();
            query.project = "default";
            query.limit = 51;
            return runs.find_files(query).size();
        };
    };
    const auto list = [&](std::function<RunQuery()> make) {
        return [&runs, make] {
            auto query = make();
            query.projects = {"default"};
            query.limit = 51;
            return runs.list(query).size();
        };
    };
    const auto a_day = [&](FileQuery query) {
        query.since = kEnd - std::chrono::days(1 + some(29));
        query.until = *query.since + std::chrono::days(1);
        return query;
    };
    fmt::print("| Question | ms, median | ms, 99 of 100 within | under {:.0f} |\n|---|---|---|---|\n", kMost);
    measure("`*.csv` of a connection on one day", 1,
            files([&] { return a_day({.connection = partner_of(some(kPartners)), .name = "*.csv"}); }));
    measure("the same, a later page", 1, files([&] {
                auto query = a_day({.connection = partner_of(some(kPartners)), .name = "*.csv"});
                query.before = FileQuery::Mark{*query.since + 12h, "zzzz", 0};
                return query;
            }));
    measure("`*.csv` of a connection, whenever", 1,
            files([&] { return FileQuery{.connection = partner_of(some(kPartners)), .name = "*.csv"}; }));
    measure("one file by its name", 1, files([&] { return FileQuery{.name = name_of(some(size.runs()), some(kFilesOfARun))}; }));
    measure("files whose names begin alike (`orders-0012*`)", 1, files([&] {
                return FileQuery{.name = name_of(some(size.runs()), 0).substr(0, 11) + "*"};
            }));
    measure("a pattern in the middle (`*-00123456.*`)", 1, files([&] {
                return FileQuery{.name = "*" + name_of(some(size.runs()), 0).substr(6, 9) + ".*"};
            }));
    measure("a pattern that no file has", 0, files([&] { return FileQuery{.name = fmt::format("nothing-{}*", some(1000))}; }));
    measure("what failed of a connection", 1,
            files([&] { return FileQuery{.connection = partner_of(25 * some(kPartners / 25)), .failed = true}; }));
    measure("what failed, of all, on one day", 1, files([&] {
                auto query = a_day({});
                query.failed = true;
                return query;
            }));
    measure("the files of a run, with their attempts", 50,
            [&] { return runs.files(size.id_of(some(size.runs())), 0, 100).size(); });
    measure("the newest runs", 1, list([] { return RunQuery{}; }));
    measure("a page of runs deep in the list", 1, list([&] { return RunQuery{.before = size.id_of(some(size.runs()))}; }));
    measure("the runs that failed in part, a deep page", 1, list([&] {
                return RunQuery{.states = {RunState::partial}, .before = size.id_of(size.runs() / 2 + some(size.runs() / 2))};
            }));
    measure("the runs of a flow", 1, list([&] {
                return RunQuery{.kind = "flow", .subject = fmt::format("exchange-{:03}", some(500))};
            }));
    measure("the runs over a connection in a week", 1, list([&] {
                const auto since = kEnd - std::chrono::days(7 + some(23));
                return RunQuery{.connection = partner_of(some(kPartners)), .since = since, .until = since + std::chrono::days(7)};
            }));
    measure("the runs with a file `*.csv`", 1, list([] { return RunQuery{.file = "*.csv"}; }));
    measure("the run with one file, by its name", 1,
            list([&] { return RunQuery{.file = name_of(some(size.runs()), some(kFilesOfARun))}; }));
    measure("the runs with a file of a name that none has", 0,
            list([&] { return RunQuery{.file = fmt::format("nothing-{}", some(1000))}; }));
}

}  // namespace

int main(int argc, char** argv) {
    std::string where, folder;
    Size size{1'000'000};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::string_view(argv[i]) == "--store") where = argv[i + 1];
        if (std::string_view(argv[i]) == "--files") size.files = std::strtoul(argv[i + 1], nullptr, 10);
    }
    if (where.empty()) {
        folder = (fs::temp_directory_path() / "fairlead-bench-XXXXXX").string();
        if (::mkdtemp(folder.data()) == nullptr) return 1;
        where = folder + "/fairlead.db";
    }
    {
        const auto store = fairlead::store::open(where);
        fmt::print("{} files of {} runs over {} connections, {}\n", size.files, size.runs(), kPartners, store->description());
        if (store->runs().list({.limit = 1}).empty()) fill(*store, size);
        measure_all(store->runs(), size);
    }
    if (!folder.empty()) fs::remove_all(folder);
    return 0;
}
