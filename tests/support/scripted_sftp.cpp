#include "support/scripted_sftp.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <optional>

namespace fairlead::test {

namespace asio = boost::asio;
using namespace sftp;

class ScriptedSftp::End final : public Transport {
  public:
    explicit End(std::shared_ptr<ScriptedSftp> script) : script_(std::move(script)) { script_->end_ = this; }
    ~End() override { script_->end_ = nullptr; }

    std::size_t read_now(std::span<std::byte> into) override {
        const auto count = std::min(into.size(), script_->arrived() - script_->taken_);
        if (count > 0) std::memcpy(into.data(), script_->to_client_.data() + script_->taken_, count);
        script_->taken_ += count;
        return count;
    }
    std::size_t write_now(std::span<const std::byte> bytes) override {
        if (auto& left = script_->window) {
            bytes = bytes.first(std::min(bytes.size(), *left));
            *left -= bytes.size();
        }
        script_->take(bytes);
        return bytes.size();
    }
    bool ended() const override { return script_->ended_ && script_->taken_ == script_->to_client_.size(); }
    bool carrier_stands() const noexcept override { return script_->carrier_stands; }
    std::string last_words() const override { return script_->last_words_; }
    awaitable<void> wait(bool to_write, std::chrono::milliseconds at_most) override {
        if (to_write && script_->window && script_->window_step > 0) {
            *script_->window += script_->window_step;
            co_return;
        }
        if (std::exchange(woken_, false) || closed_) co_return;
        auto until = Clock::now() + at_most;
        if (!script_->arrivals_.empty()) until = std::min(until, script_->arrivals_.front().first);
        timer_.emplace(co_await asio::this_coro::executor, until);
        boost::system::error_code ended;
        co_await timer_->async_wait(asio::redirect_error(asio::use_awaitable, ended));
        woken_ = false;
    }
    void wake() noexcept override {
        woken_ = true;
        if (timer_) timer_->cancel();
    }
    void keep_alive() override {}
    void close() noexcept override {
        closed_ = true;
        wake();
    }

  private:
    std::shared_ptr<ScriptedSftp> script_;
    std::optional<asio::steady_timer> timer_;
    bool woken_ = false;
    bool closed_ = false;
};

std::unique_ptr<Transport> ScriptedSftp::connect() {
    return std::make_unique<End>(shared_from_this());
}

void ScriptedSftp::take(std::span<const std::byte> bytes) {
    from_client_.insert(from_client_.end(), bytes.begin(), bytes.end());
    while (from_client_.size() >= 9) {
        const std::size_t length = PacketReader(from_client_).u32();
        if (from_client_.size() < 4 + length) return;
        PacketReader reader(std::span<const std::byte>(from_client_).subspan(4, 5));
        Packet packet;
        packet.type = static_cast<PacketType>(reader.u8());
        packet.id = reader.u32();
        packet.body.assign(from_client_.begin() + 9,
                           from_client_.begin() + 4 + static_cast<std::ptrdiff_t>(length));
        from_client_.erase(from_client_.begin(),
                           from_client_.begin() + 4 + static_cast<std::ptrdiff_t>(length));
        if (packet.type == PacketType::init) {
            if (!answers_init) continue;
            PacketWriter version(to_client_, PacketType::version, std::nullopt);
            version.u32(3);
            for (const auto& [name, data] : extensions)
                version.string(name).string(data);
            version.end();
            said();
            continue;
        }
        received_.push_back(packet);
        if (on_packet) on_packet(packet);
    }
}

std::size_t ScriptedSftp::arrived() {
    for (; !arrivals_.empty() && arrivals_.front().first <= Clock::now(); arrivals_.pop_front())
        arrived_ = arrivals_.front().second;
    return arrived_;
}

void ScriptedSftp::said() {
    arrivals_.emplace_back(Clock::now() + round_trip, to_client_.size());
    if (end_ != nullptr) end_->wake();
}

void ScriptedSftp::status(std::uint32_t id, std::uint32_t code, std::string_view text) {
    PacketWriter(to_client_, PacketType::status, id).u32(code).string(text).string("en");
    said();
}

void ScriptedSftp::handle(std::uint32_t id, std::string_view name) {
    PacketWriter(to_client_, PacketType::handle, id).string(name);
    said();
}

void ScriptedSftp::data(std::uint32_t id, std::string_view bytes) {
    PacketWriter(to_client_, PacketType::data, id).string(bytes);
    said();
}

void ScriptedSftp::attributes(std::uint32_t id, const Attributes& facts) {
    PacketWriter(to_client_, PacketType::attrs, id).attributes(facts);
    said();
}

void ScriptedSftp::names(std::uint32_t id, const std::vector<NameEntry>& entries) {
    PacketWriter packet(to_client_, PacketType::name, id);
    packet.u32(static_cast<std::uint32_t>(entries.size()));
    for (const auto& entry : entries)
        packet.string(entry.name).string(entry.long_name).attributes(entry.attributes);
    packet.end();
    said();
}

void ScriptedSftp::raw(std::string_view bytes) {
    const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
    to_client_.insert(to_client_.end(), data, data + bytes.size());
    said();
}

void ScriptedSftp::end(std::string last_words) {
    ended_ = true;
    last_words_ = std::move(last_words);
    said();
}

std::size_t ScriptedSftp::count(PacketType type) const {
    return static_cast<std::size_t>(std::count_if(received_.begin(), received_.end(),
                                                  [type](const Packet& one) { return one.type == type; }));
}

awaitable<std::unique_ptr<Transport>> ScriptedCarrier::open(Deadline) {
    ++asked;
    if (grants.empty())
        throw Error(ErrorCode::server_busy, "The server grants no further session.").ends_session();
    const auto script = grants.front();
    grants.pop_front();
    co_return script->connect();
}

}  // namespace fairlead::test
