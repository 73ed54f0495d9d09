// An emulated slow link for measurements, where the kernel has no netem: two network namespaces, each with a
// TUN device, and this program between them, which holds every packet for the delay of one way.
//
//     slow_link [--delay-ms 25] [--rate BYTES_PER_SECOND] [--loss 0.001] [--queue BYTES] [--mtu 9000]
//               [--congestion cubic] [--first 10.77.0.1] [--second 10.77.0.2] [--statistics]
//
// Prints key=value lines: first_namespace and second_namespace (paths for setns or `nsenter --net=`),
// first_address, second_address, then "ready". The link lives until standard input ends or SIGTERM comes;
// with this program and the processes inside gone, the kernel takes namespaces and devices away. The
// machine's own network is not touched.

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>

#include "delay_line.hpp"
#include "namespace.hpp"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Packets due within this time leave together: fewer wake-ups, and no measurable error of the delay.
constexpr auto kTogether = 100us;
/// How many packets are read from one side before the other gets its turn.
constexpr int kBatch = 128;

struct Options {
    LinkShape shape;
    EndOptions first{.address = "10.77.0.1"};
    EndOptions second{.address = "10.77.0.2"};
    bool statistics = false;
};

double number(const std::string& name, const std::string& text, double least, double most) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != 0 || !(value >= least && value <= most))
        throw std::runtime_error(name + " takes a number from " + std::to_string(least) + " to " +
                                 std::to_string(most));
    return value;
}

Options read_options(int count, char** words) {
    Options options;
    for (int at = 1; at < count; ++at) {
        const std::string name = words[at];
        if (name == "--statistics") {
            options.statistics = true;
            continue;
        }
        if (at + 1 == count) throw std::runtime_error("'" + name + "' needs a value, or is no option");
        const std::string value = words[++at];
        if (name == "--delay-ms") {
            const std::chrono::duration<double, std::milli> delay(number(name, value, 0, 10'000));
            options.shape.delay = std::chrono::duration_cast<std::chrono::nanoseconds>(delay);
        } else if (name == "--rate") {
            options.shape.bytes_per_second = number(name, value, 1, 1e12);
        } else if (name == "--loss") {
            options.shape.loss = number(name, value, 0, 1);
        } else if (name == "--queue") {
            options.shape.queue_bytes = static_cast<std::size_t>(number(name, value, 65'536, 1e10));
        } else if (name == "--mtu") {
            options.first.mtu = options.second.mtu = static_cast<int>(number(name, value, 576, 65'000));
        } else if (name == "--congestion") {
            options.first.congestion = options.second.congestion = value;
        } else if (name == "--first") {
            options.first.address = value;
        } else if (name == "--second") {
            options.second.address = value;
        } else {
            throw std::runtime_error("there is no option '" + name + "'");
        }
    }
    // A packet that stands for eight segments may neither be lost as a whole nor arrive in one piece at a set
    // rate.
    if (options.shape.loss > 0 || options.shape.bytes_per_second > 0)
        options.first.offload = options.second.offload = false;
    return options;
}

class Relay {
  public:
    Relay(LinkEnd& first, LinkEnd& second, const LinkShape& shape)
        : ways_{Way{first.tun.get(), second.tun.get(), DelayLine(shape, 1)},
                Way{second.tun.get(), first.tun.get(), DelayLine(shape, 2)}},
          poller_(::epoll_create1(EPOLL_CLOEXEC)),
          timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
        sigset_t ending;
        sigemptyset(&ending);
        sigaddset(&ending, SIGTERM);
        sigaddset(&ending, SIGINT);
        sigprocmask(SIG_BLOCK, &ending, nullptr);
        signals_ = Descriptor(::signalfd(-1, &ending, SFD_CLOEXEC));
        watch(STDIN_FILENO);
        watch(signals_.get());
        watch(timer_.get());
        for (const Way& way : ways_)
            watch(way.from);
    }

    void run() {
        for (bool going_on = true; going_on;) {
            std::array<epoll_event, 8> events;
            const int count =
                ::epoll_wait(poller_.get(), events.data(), events.size(), more_to_read_ ? 0 : -1);
            if (count < 0 && errno != EINTR)
                throw std::runtime_error(std::string("epoll_wait: ") + std::strerror(errno));
            for (int at = 0; at < count; ++at) {
                const int fd = events[at].data.fd;
                if (fd == signals_.get() || (fd == STDIN_FILENO && input_ended())) going_on = false;
                if (fd == timer_.get()) {
                    std::uint64_t times = 0;
                    if (::read(timer_.get(), &times, sizeof times) < 0) times = 0;
                    armed_for_ = {};
                }
            }
            more_to_read_ = false;
            const auto now = Clock::now();
            for (Way& way : ways_)
                take_in(way, now);
            for (Way& way : ways_)
                let_out(way, now);
            arm_timer();
        }
    }

    void print_statistics() const {
        const char* const names[] = {"first to second", "second to first"};
        for (int at = 0; at < 2; ++at) {
            const LinkCounts& counts = ways_[at].line.counts();
            std::cerr << "slow_link: " << names[at] << ": " << counts.packets << " packets, " << counts.bytes
                      << " bytes, " << counts.lost << " lost, " << counts.overflowed << " overflowed, "
                      << ways_[at].refused << " refused\n";
        }
    }

  private:
    struct Way {
        int from;
        int to;
        DelayLine line;
        std::uint64_t refused = 0;  ///< packets that the receiving device did not take
    };

    void watch(int fd) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        // A regular file or /dev/null as standard input cannot be watched; then only a signal ends the link.
        if (::epoll_ctl(poller_.get(), EPOLL_CTL_ADD, fd, &event) != 0 &&
            !(fd == STDIN_FILENO && errno == EPERM))
            throw std::runtime_error(std::string("epoll_ctl: ") + std::strerror(errno));
    }

    static bool input_ended() {
        std::array<char, 256> ignored;
        return ::read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0;
    }

    void take_in(Way& way, Clock::time_point now) {
        for (int packets = 0; packets < kBatch; ++packets) {
            const auto space = way.line.space();
            const auto got = ::read(way.from, space.data(), space.size());
            if (got <= 0) return;
            way.line.accept(static_cast<std::size_t>(got), now);
        }
        more_to_read_ = true;
    }

    void let_out(Way& way, Clock::time_point now) {
        while (const auto packet = way.line.front(now + kTogether)) {
            if (::write(way.to, packet->data(), packet->size()) < 0) ++way.refused;
            way.line.pop();
        }
    }

    void arm_timer() {
        std::optional<Clock::time_point> due;
        for (const Way& way : ways_)
            if (const auto next = way.line.next_due(); next && (!due || *next < *due)) due = next;
        if (!due || *due == armed_for_) return;
        armed_for_ = *due;
        const auto nanoseconds = std::chrono::nanoseconds(due->time_since_epoch()).count();
        itimerspec when{};
        when.it_value.tv_sec = nanoseconds / 1'000'000'000;
        when.it_value.tv_nsec = nanoseconds % 1'000'000'000;
        if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr) != 0)
            throw std::runtime_error(std::string("timerfd_settime: ") + std::strerror(errno));
    }

    std::array<Way, 2> ways_;
    Descriptor poller_;
    Descriptor timer_;
    Descriptor signals_;
    Clock::time_point armed_for_{};
    bool more_to_read_ = false;
};

}  // namespace

int main(int count, char** words) {
    try {
        const Options options = read_options(count, words);
        LinkEnd first = make_end(options.first);
        LinkEnd second = make_end(options.second);
        Relay relay(first, second, options.shape);
        const std::string own = "/proc/" + std::to_string(::getpid()) + "/fd/";
        std::cout << "first_namespace=" << own << first.network.get()
                  << "\nfirst_address=" << options.first.address << "\nsecond_namespace=" << own
                  << second.network.get() << "\nsecond_address=" << options.second.address << "\nready"
                  << std::endl;
        relay.run();
        if (options.statistics) relay.print_statistics();
        return 0;
    } catch (const std::exception& problem) {
        std::cerr << "slow_link: " << problem.what() << '\n';
        return 1;
    }
}
