#include "flow/recipe.hpp"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

#include "base/path.hpp"
#include "remote/one_file.hpp"
#include "transfer/attempts.hpp"
#include "flow/transform.hpp"

namespace fairlead::flow {
namespace {

std::string filled_for(const Work& work, const catalog::FileVersion& version, std::string_view text, const std::string& name) {
    auto renamed = version;
    renamed.path = path::join(path::parent(version.path), name);
    return work.filled(text, renamed);
}

/// A few bytes, as a place that they are moved from.
class Text final : public OneFile {
  public:
    explicit Text(std::string content) : OneFile("A text of this program can only be read."), content_(std::move(content)) {}
    awaitable<std::unique_ptr<ReadStream>> open_read(std::string_view, ReadOptions) override {
        co_return std::make_unique<Stream>(content_);
    }

  private:
    class Stream final : public ReadStream {
      public:
        explicit Stream(std::string_view rest) : rest_(rest) {}
        awaitable<std::span<const std::byte>> read() override {
            co_return std::as_bytes(std::span(std::exchange(rest_, {})));
        }
        awaitable<void> close() override { co_return; }

      private:
        std::string_view rest_;
    };
    std::string content_;
};

}  // namespace

bool Recipe::sums_after(std::size_t count) const {
    return std::ranges::any_of(beside, [&](const Beside& file) { return file.sums && file.changes == count; });
}

Recipe recipe_for(const Work& work, const catalog::FileVersion& version) {
    Recipe recipe;
    recipe.name = path::name(version.path);
    for (const auto& step : work.flow.steps) {
        if (changes_content(step)) {
            recipe.changes.push_back({step, recipe.name});
            recipe.name = name_after(recipe.name, step);
        } else if (step.action == "rename") {
            recipe.name = filled_for(work, version, step.name, recipe.name);
        } else {
            const bool sums = step.action == "checksum";
            const auto name = step.name.empty() ? (sums ? "{name}.sha256" : "{name}.done") : step.name;
            recipe.beside.push_back({name, recipe.name, sums, recipe.changes.size()});
        }
    }
    return recipe;
}

std::vector<Companion> companions_of(const Work& work, const catalog::FileVersion& version, const Recipe& recipe, const Sums& sums,
                                     const std::string& target) {
    std::vector<Companion> companions;
    for (const auto& file : recipe.beside) {
        const auto about = file.changes == recipe.changes.size() ? std::string(path::name(target)) : file.about;
        companions.push_back({filled_for(work, version, file.name, about), ""});
        if (file.sums) companions.back().content = fmt::format("{}  {}\n", sums.after.at(file.changes), about);
    }
    return companions;
}

awaitable<void> send_companions(Work& work, Place& place, std::string file, std::vector<Companion> companions) {
    for (auto& companion : companions) {
        transfer::Job job;
        job.target = path::join(path::parent(file), companion.name);
        job.source = job.target;
        job.facts.type = EntryType::file;
        job.facts.size = companion.content.size();
        job.careful = false;
        job.proves_itself = true;
        transfer::Options options;
        options.resume = false;
        const auto executor = co_await boost::asio::this_coro::executor;
        auto open = [&]() -> awaitable<std::shared_ptr<FileSystem>> { co_return std::make_shared<Text>(companion.content); };
        transfer::Sessions here(executor, open, 1);
        transfer::Ways ways{here, *place.sessions, work.places.journal, work.patience, work.retrying, {}, {}, {}};
        bool unreachable = false;
        auto staged = co_await transfer::move_file(ways, std::move(job), options, true, true, nullptr, unreachable);
        transfer::conclude(work.places.journal, staged);
        co_await here.close();
    }
}

}  // namespace fairlead::flow
