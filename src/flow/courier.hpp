#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/event.hpp"
#include "flow/fan.hpp"
#include "flow/reading.hpp"
#include "flow/work.hpp"
#include "transfer/attempt_log.hpp"
#include "transfer/attempts.hpp"

namespace fairlead::flow {

/// One version on its way: what its couriers share.
class Errand {
  public:
    Errand(Work& work_, catalog::FileVersion& version_, std::shared_ptr<const ReadingPlan> plan_,
           boost::asio::any_io_executor executor)
        : work(work_), version(version_), plan(std::move(plan_)), free_(std::move(executor)) {}

    Work& work;
    catalog::FileVersion& version;
    std::shared_ptr<const ReadingPlan> plan;

    /// Changes the version and records it, one courier after the other.
    awaitable<void> write(std::function<void()> change, const catalog::RunFile* file = nullptr);

  private:
    Event free_;
    bool writing_ = false;
};

/// A reading that several couriers share, each by its number.
class SharedReading {
  public:
    SharedReading(boost::asio::any_io_executor executor, Errand& errand, std::size_t readers);

    /// The reading itself.
    awaitable<void> run();
    /// What the source looks like to one of those who share it.
    transfer::Sessions& seat(std::size_t number) { return *seats_[number]; }
    void leave(std::size_t number) { fan_.leave(number); }
    bool let_down(std::size_t number) const { return fan_.let_down(number); }
    const std::shared_ptr<Sums>& sums() const noexcept { return sums_; }

  private:
    Errand& errand_;
    Fan fan_;
    std::shared_ptr<Sums> sums_ = std::make_shared<Sums>();
    std::vector<std::unique_ptr<transfer::Sessions>> seats_;
};

/// Brings a version to one target and records it.
class Courier {
  public:
    Courier(Errand& errand, std::size_t number);

    /// Whether an earlier attempt left something there that can be gone on with.
    bool has_left_something() const;
    /// To be read together with others, as the reader of this number there.
    void share(SharedReading& reading, std::size_t reader);
    /// After a run whose process vanished while it brought the version here: what it left is removed.
    void follow(std::string run) { vanished_ = std::move(run); }
    /// Gives whether the target has it now. What fails is recorded; only a cancellation and the loss of the run are
    /// thrown.
    awaitable<bool> run();
    /// Only finds out what became of an attempt whose end nobody knows; likewise. What was not published is removed.
    awaitable<bool> look_back();
    /// Removes what earlier attempts left at the target.
    awaitable<void> drop_left();

  private:
    awaitable<bool> count(awaitable<void> work);
    enum class Way { direct, through, shared };
    Way way() const;
    awaitable<void> perform();
    awaitable<void> drop_strays();
    awaitable<void> bring();
    awaitable<transfer::Staged> move();
    transfer::Options options() const;
    awaitable<void> make_durable(const std::string& path);
    awaitable<void> delivered(transfer::Staged staged);
    awaitable<void> note_attempt(const transfer::Staged& staged);
    std::vector<Companion> companions(const std::string& target) const;
    awaitable<bool> was_published();
    awaitable<void> conclude_attempt();
    awaitable<void> remove_at_target(std::string path);
    awaitable<void> find_lost(const Error& failure);
    awaitable<void> record(std::string_view outcome, std::string path, std::string_view proof);
    awaitable<void> record_failure(const Error& error);
    void end_log();

    Errand& errand_;
    Work& work_;
    const catalog::FlowTarget& target_;
    Place& source_;
    Place& place_;
    catalog::Delivery& delivery_;
    catalog::RunFile file_;
    transfer::AttemptLog log_;
    transfer::Retrying retrying_;
    std::string vanished_;
    SharedReading* shared_ = nullptr;
    std::size_t reader_ = 0;
    std::shared_ptr<Sums> sums_ = std::make_shared<Sums>();
};

}  // namespace fairlead::flow
