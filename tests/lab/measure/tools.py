"""xm and xl as an administrator types them, for the one guest that both are measured with."""

GUEST, ADDRESS = "BenchGuest", "192.168.77.60"
PORT = 8100  # of xl's migrations


class Xm:
    name = "xm"
    image = "/root/bench.xm.image"
    forget = "rm -rf /var/cache/xend/kernels"
    create = f"xm create -q {GUEST}"
    list = "xm list"
    pause = f"xm pause {GUEST}"
    unpause = f"xm unpause {GUEST}"
    save = f"xm save {GUEST} {image}"
    restore = f"xm restore {image}"
    destroy = f"xm destroy {GUEST}"

    @staticmethod
    def migrate(target) -> str:
        return f"xm migrate --live {GUEST} {target.address}"

    @staticmethod
    def ready_to_receive(target) -> None:
        pass  # xend listens

    @staticmethod
    def arrived(target) -> None:
        pass


class Xl:
    name = "xl"
    image = "/root/bench.xl.image"
    forget = "true"  # xl remembers nothing
    create = f"xl create -q /etc/xen/{GUEST}"
    list = "xl list"
    pause = f"xl pause {GUEST}"
    unpause = f"xl unpause {GUEST}"
    save = f"xl save {GUEST} {image}"
    restore = f"xl restore {image}"
    destroy = f"xl destroy {GUEST}"

    @staticmethod
    def migrate(target) -> str:
        return f"xl migrate -s '' {GUEST} 'socat -b 1048576 - TCP:{target.address}:{PORT}'"

    @staticmethod
    def ready_to_receive(target) -> None:
        target.check(f"setsid socat -b 1048576 TCP-LISTEN:{PORT},reuseaddr EXEC:'xl migrate-receive' > /root/receive.log 2>&1 < /dev/null & "
                     f"until ss -ltn | grep -q :{PORT}; do sleep 0.1; done")

    @staticmethod
    def arrived(target) -> None:
        """xl renames the guest only when xenconsoled has named its log."""
        target.check(f"cd /var/log/xen/console && mv guest-{GUEST}--incoming.log guest-{GUEST}.log")


BOTH = (Xm, Xl)
