#include "namespace.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <utility>

#include "congestion.hpp"

namespace {

constexpr const char* kDevice = "slow0";
constexpr int kQueuedPackets =
    10'000;  ///< the device's own queue; bursts of a fast sender must not be lost in it

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
}

Descriptor opened(const char* path, int flags) {
    Descriptor file(::open(path, flags | O_CLOEXEC));
    if (file.get() < 0) fail(std::string("cannot open ") + path);
    return file;
}

ifreq request_for(const char* device) {
    ifreq request{};
    std::strncpy(request.ifr_name, device, IFNAMSIZ - 1);
    return request;
}

void set(int control, unsigned long what, ifreq request, const char* means) {
    if (::ioctl(control, what, &request) != 0)
        fail(std::string("cannot set the ") + means + " of " + request.ifr_name);
}

void set_address(int control, unsigned long what, const std::string& text, const char* means) {
    ifreq request = request_for(kDevice);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (::inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1)
        throw std::runtime_error("'" + text + "' is not an IPv4 address");
    std::memcpy(&request.ifr_addr, &address, sizeof address);
    set(control, what, request, means);
}

void bring_up(int control, const char* device) {
    ifreq request = request_for(device);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    set(control, SIOCSIFFLAGS, request, "state");
}

/// Settings that some containers forbid: without them the link works, but what TCP does on it differs.
void set_kernel_value(const std::string& name, const std::string& value) {
    std::ofstream file("/proc/sys/net/ipv4/" + name);
    if (!(file << value << std::flush)) std::cerr << "slow_link: note: " << name << " stays as it is\n";
}

Descriptor make_tun(const EndOptions& options) {
    Descriptor tun = opened("/dev/net/tun", O_RDWR | O_NONBLOCK);
    ifreq request = request_for(kDevice);
    request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
    if (::ioctl(tun.get(), TUNSETIFF, &request) != 0)
        fail("cannot make a TUN device (CAP_NET_ADMIN is needed)");
    const unsigned offload = options.offload ? TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 : 0;
    if (::ioctl(tun.get(), TUNSETOFFLOAD, offload) != 0) fail("cannot set the offloads of the TUN device");
    return tun;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

LinkEnd make_end(const EndOptions& options) {
    if (::unshare(CLONE_NEWNET) != 0)
        fail("cannot make a network namespace (root, or CAP_SYS_ADMIN, is needed)");
    LinkEnd end{opened("/proc/thread-self/ns/net", O_RDONLY), make_tun(options)};
    const Descriptor control(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (control.get() < 0) fail("cannot open a socket");
    bring_up(control.get(), "lo");
    set_address(control.get(), SIOCSIFADDR, options.address, "address");
    set_address(control.get(), SIOCSIFNETMASK, "255.255.255.0", "netmask");
    ifreq request = request_for(kDevice);
    request.ifr_mtu = options.mtu;
    set(control.get(), SIOCSIFMTU, request, "MTU");
    request = request_for(kDevice);
    request.ifr_qlen = kQueuedPackets;
    set(control.get(), SIOCSIFTXQLEN, request, "queue length");
    bring_up(control.get(), kDevice);
    use_congestion_control(kDevice, options.address, options.congestion);
    set_kernel_value("tcp_rmem", "4096 131072 33554432");
    set_kernel_value("tcp_wmem", "4096 16384 33554432");
    set_kernel_value("tcp_no_metrics_save", "1");  // one client's losses must not slow the next one down
    return end;
}
