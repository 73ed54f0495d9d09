#include "congestion.hpp"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "namespace.hpp"

namespace {

/// A netlink message that is being put together (rtnetlink(7)).
struct RouteRequest {
    alignas(NLMSG_ALIGNTO) char bytes[512] = {};

    nlmsghdr* header() { return reinterpret_cast<nlmsghdr*>(bytes); }

    rtattr* add(unsigned short type, const void* data, std::size_t size) {
        auto* attribute = reinterpret_cast<rtattr*>(bytes + NLMSG_ALIGN(header()->nlmsg_len));
        attribute->rta_type = type;
        attribute->rta_len = static_cast<unsigned short>(RTA_LENGTH(size));
        if (size > 0) std::memcpy(RTA_DATA(attribute), data, size);
        header()->nlmsg_len =
            static_cast<unsigned>(NLMSG_ALIGN(header()->nlmsg_len) + RTA_ALIGN(attribute->rta_len));
        return attribute;
    }
};

}  // namespace

void use_congestion_control(const std::string& device, const std::string& destination,
                            const std::string& name) {
    RouteRequest request;
    nlmsghdr& header = *request.header();
    header.nlmsg_len = NLMSG_LENGTH(sizeof(rtmsg));
    header.nlmsg_type = RTM_NEWROUTE;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
    auto& route = *static_cast<rtmsg*>(NLMSG_DATA(&header));
    route.rtm_family = AF_INET;
    route.rtm_dst_len = 24;
    route.rtm_table = RT_TABLE_MAIN;
    route.rtm_protocol = RTPROT_KERNEL;  // takes the place of the route that setting the address made
    route.rtm_scope = RT_SCOPE_LINK;
    route.rtm_type = RTN_UNICAST;

    in_addr address{};
    ::inet_pton(AF_INET, destination.c_str(), &address);
    address.s_addr &= htonl(0xffffff00);
    request.add(RTA_DST, &address, sizeof address);
    const unsigned index = ::if_nametoindex(device.c_str());
    request.add(RTA_OIF, &index, sizeof index);
    rtattr* metrics = request.add(RTA_METRICS, nullptr, 0);
    request.add(RTAX_CC_ALGO, name.c_str(), name.size() + 1);
    metrics->rta_len =
        static_cast<unsigned short>(request.bytes + header.nlmsg_len - reinterpret_cast<char*>(metrics));

    const Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    alignas(NLMSG_ALIGNTO) char answer[1024];
    if (socket.get() < 0 || ::send(socket.get(), request.bytes, header.nlmsg_len, 0) < 0 ||
        ::recv(socket.get(), answer, sizeof answer, 0) < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr))))
        throw std::runtime_error(std::string("cannot talk to the kernel's routing: ") + std::strerror(errno));
    const auto& verdict = *static_cast<const nlmsgerr*>(NLMSG_DATA(reinterpret_cast<nlmsghdr*>(answer)));
    if (verdict.error != 0)
        throw std::runtime_error("the kernel refuses congestion control '" + name +
                                 "': " + std::strerror(-verdict.error));
}
