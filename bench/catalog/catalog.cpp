// Measures the catalog on SQLite with many connections, as the services see it: making them in batches, the first
// page of the list, finding one by its name. Prints one line for each, with what it should be.
//
//     cmake --build --preset release --target fairlead_bench_catalog && build/bench/fairlead_bench_catalog [N]

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "service/connections.hpp"
#include "service/workspace.hpp"

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using fairlead::catalog::ConnectionPatch;

constexpr std::size_t kBatch = 1000;
constexpr int kRounds = 200;

double milliseconds(Clock::duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

std::string name_of(std::size_t number) { return fmt::format("partner-{:06}", number); }

ConnectionPatch fields_of(std::size_t number) {
    ConnectionPatch fields;
    fields.set("host", fmt::format("ftp{}.example.com", number % 977));
    fields.set("username", "exchange");
    fields.set("workingDirectory", "/in");
    fields.set("description", "Orders and invoices of a partner");
    fields.secrets["password"] = fairlead::Secret(fmt::format("password {}", number));
    return fields;
}

/// How long the middle one and the slowest but one in a hundred of the calls take.
template <class Call>
std::pair<double, double> times_of(Call call) {
    std::vector<double> times;
    for (int i = 0; i < kRounds; ++i) {
        const auto began = Clock::now();
        call(i);
        times.push_back(milliseconds(Clock::now() - began));
    }
    std::ranges::sort(times);
    return {times[kRounds / 2], times[kRounds * 99 / 100]};
}

void measure(fairlead::service::Workspace& workspace, std::size_t count) {
    auto& connections = workspace.connections();
    const auto began = Clock::now();
    for (std::size_t from = 0; from < count; from += kBatch) {
        std::vector<std::pair<std::string, ConnectionPatch>> batch;
        for (auto i = from; i < std::min(from + kBatch, count); ++i)
            batch.emplace_back(name_of(i), fields_of(i));
        connections.create_all("default", batch);
    }
    const auto seconds = milliseconds(Clock::now() - began) / 1000;
    fmt::print("create in batches of {}   {:>10.0f} /s        at least 2000 /s\n", kBatch,
               static_cast<double>(count) / seconds);

    std::mt19937 random(1);
    const auto line = [](const char* what, std::pair<double, double> times, double most) {
        fmt::print("{:<24} {:>10.3f} ms (99 of 100 within {:.3f} ms)        under {} ms\n", what, times.first, times.second,
                   most);
    };
    line("first page of 100", times_of([&](int) {
             fairlead::store::ResourceQuery query;
             query.limit = 100;
             if (connections.page("default", query).connections.size() != 100) std::abort();
         }),
         20);
    line("find by name", times_of([&](int) {
             const auto name = name_of(random() % count);
             if (connections.get("default", name).name != name) std::abort();
         }),
         1);
    line("resolve for use", times_of([&](int) {
             if (connections.endpoint("default", name_of(random() % count), {}).password.empty()) std::abort();
         }),
         5);
}

}  // namespace

int main(int argc, char** argv) {
    const auto count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100'000UL;
    auto folder = (fs::temp_directory_path() / "fairlead-bench-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return 1;
    fmt::print("{} connections with a sealed password each, SQLite in {}\n", count, folder);
    {
        fairlead::service::Workspace workspace(folder + "/data");
        measure(workspace, count);
    }
    fs::remove_all(folder);
    return 0;
}
