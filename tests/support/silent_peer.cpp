#include "support/silent_peer.hpp"

namespace fairlead::test {

SilentPeer::SilentPeer(std::string greeting, std::size_t bytes, Then then) {
    thread_ = std::thread([this, greeting = std::move(greeting), bytes, then] {
        while (true) {
            PeerSocket client;
            try {
                client = listener_.accept(std::chrono::hours(1));
                ++connections_;
            } catch (const PeerGone&) {
                return;
            }
            try {
                client.write(greeting);
                for (std::size_t taken = 0; taken < bytes;) {
                    const auto piece = client.read_some(bytes - taken);
                    if (piece.empty()) break;
                    taken += piece.size();
                }
            } catch (const PeerGone&) {
                continue;
            }
            if (then == Then::wait) client.wait_for_close();
            if (then == Then::reset) client.reset();
        }
    });
}

SilentPeer::~SilentPeer() {
    listener_.stop();
    thread_.join();
}

}  // namespace fairlead::test
