#!/usr/bin/env python3
"""A xend with canned domains for tests/unit/xm_cli.sh.

fake_xend.py SOCKET LOG: serves XML-RPC on the unix socket SOCKET and writes every call to LOG, one line each. Domains named
after a failure make calls fail in that way.
"""
import os
import socketserver
import sys
import threading
from xmlrpc.client import Fault
from xmlrpc.server import SimpleXMLRPCDispatcher, SimpleXMLRPCRequestHandler

DOMAINS = {
    "vm1": [["domid", 3], ["uuid", "00000000-0000-0000-0000-000000000003"], ["name", "vm1"], ["memory", 512],
            ["vcpus", 2], ["online_vcpus", 1], ["state", "-b----"], ["cpu_time", 12.345], ["start_time", 1000.0],
            ["pool_name", "Pool-0"]],
    "Domain-0": [["domid", 0], ["uuid", "00000000-0000-0000-0000-000000000000"], ["name", "Domain-0"],
                 ["memory", 1024], ["online_vcpus", 2], ["state", "r-----"], ["cpu_time", 1234.56],
                 ["pool_name", "Pool-0"]],
    "stopped": [["name", "stopped"], ["memory", 256], ["vcpus", 4], ["pool_name", "other"]],
    "held": [["domid", 7], ["name", "held"], ["memory", 64], ["vcpus", 1], ["online_vcpus", 1], ["state", "--p---"],
             ["cpu_time", 0.0], ["pool_name", "Pool-0"]],
}
STATES = {"running": ["vm1", "Domain-0"], "paused": ["held"], "halted": ["stopped"]}
INFO = [["system", "Linux"], ["host", "testhost"], ["nr_cpus", 4], ["virt_caps", ""], ["xen_caps", "xen-3.0-x86_64 "],
        ["xen_changeset", ""], ["cc_compiler", None]]
SCHEDULER = os.environ.get("FAKE_SCHEDULER", "credit2")
FLASK = os.environ.get("FAKE_FLASK") == "yes"
SILENT = ["pause", "unpause", "setpauseflag", "destroy", "reset", "setName", "send_sysrq", "send_trigger", "save",
          "restore", "migrate", "setMemoryTarget", "maxmem_set", "setVCpuCount", "pincpu", "dump", "delete", "suspend",
          "resume", "start", "new", "destroyDevice", "device_configure", "usb_add"]
POOLS = [
    ["00000000-0000-0000-0000-0000000000a0", ["uuid", "00000000-0000-0000-0000-0000000000a0"], ["name_label", "Pool-0"],
     ["name_description", "Pool-0"], ["resident_on", "h"], ["auto_power_on", 0], ["started_VMs", "u0", "u3"],
     ["host_CPUs", "c0", "c1"], ["activated", True], ["sched_policy", "credit2"], ["proposed_CPUs", "0", "1"],
     ["other_config"], ["ncpu", 2], ["host_CPU_numbers", 0, 1], ["started_VM_names", "Domain-0", "vm1"]],
    ["00000000-0000-0000-0000-0000000000b0", ["uuid", "00000000-0000-0000-0000-0000000000b0"], ["name_label", "night"],
     ["name_description", "night"], ["resident_on", "h"], ["auto_power_on", 0], ["started_VMs"], ["host_CPUs"],
     ["activated", False], ["sched_policy", "credit"], ["proposed_CPUs"], ["other_config", ["owner", "ops"]],
     ["ncpu", 1], ["host_CPU_numbers"], ["started_VM_names"]],
]
BACK = "/local/domain/0/backend/%s/3/%s"
DEVICES = {
    "vbd": [["51712", [["backend", BACK % ("vbd", 51712)], ["backend-id", "0"], ["state", "4"], ["event-channel", "9"],
                       ["ring-ref", "8"], ["virtual-device", "51712"]]],
            ["268439552", [["backend", BACK % ("vbd", 268439552)], ["backend-id", "0"], ["state", "x" * 70]]]],
    "vif": [["0", [["backend", BACK % ("vif", 0)], ["backend-id", "0"], ["state", "4"], ["mac", "00:16:3e:00:00:aa"],
                   ["queue-0", [["tx-ring-ref", "7"]]]]],
            ["1", []]],
    "pci": [{"domain": "0x0000", "bus": "0x02", "slot": "0x01", "func": "0x0", "vdevfn": "0x100", "uuid": "u"},
            {"domain": 0, "bus": 2, "slot": 0, "func": 1, "vdevfn": 32},
            {"domain": 0, "bus": 2, "slot": 0, "func": 0, "vdevfn": 40},
            {"domain": 0, "bus": 4, "slot": 0, "func": 0, "vdevfn": 256, "key": "04:00.*"},
            {"domain": 0, "bus": 4, "slot": 0, "func": 1, "vdevfn": 257, "key": "04:00.*"}],
}


def find(which):
    for name, items in DOMAINS.items():
        ids = [str(v) for k, *vs in items if k in ("domid", "uuid") for v in vs]
        if str(which) == name or str(which) in ids:
            return name
    raise Fault(3, str(which))


def describe(name, full):
    if full and name == "held":
        vfb = ["vfb", ["vnc", "1"], ["location", "127.0.0.1:5903"]]
        return ["domain"] + DOMAINS[name] + [["image", ["hvm", ["vncpasswd", "secret"]]], ["device", vfb]]
    devices = [["device", ["vbd", ["uname", "phy:/dev/guests/vm1"], ["dev", "xvda1"], ["mode", "w"]]]] if full else []
    return ["domain"] + DOMAINS[name] + devices


def text(value):
    if isinstance(value, list):
        return "(" + " ".join(text(v) for v in value) + ")"
    return "''" if value == "" else str(value)


def listing(detail, state, full):
    """For a table, half of the answers are those of an xend of old, to which the word is as good as true."""
    names = sorted(DOMAINS) if state == "all" else STATES.get(state.lower(), [])
    if full == "table":
        return [text(describe(n, False)) if i % 2 else describe(n, True) for i, n in enumerate(names)]
    return [describe(name, full) for name in names] if detail else names


def vcpu_info(which):
    name = find(which)
    domid = dict((i[0], i[1]) for i in DOMAINS[name]).get("domid")
    online = ["vcpu", ["number", 0], ["online", 1], ["blocked", 1], ["running", 0], ["cpu_time", 1.25], ["cpu", 2],
              ["cpumap", [0, 1, 3]]]
    offline = ["vcpu", ["number", 1], ["online", 0], ["blocked", 0], ["running", 0], ["cpu_time", 0.0], ["cpu", -1],
               ["cpumap", list(range(64))]]
    vcpus = [online, offline] if domid is not None else [offline]
    return ["domain", ["domid", domid], ["name", name], ["vcpu_count", len(vcpus)]] + vcpus


def devices(which, device_class):
    return DEVICES.get(device_class, []) if find(which) == "vm1" else []


def device_create(which, element):
    find(which)
    if ["dev", "xvdq"] in element:
        raise Fault(2, "Device xvdq (268439552, vbd) is already connected.")
    return [element[0], ["dom", 3, "id", 5]]


def pool(name):
    names = [p[2][1] for p in POOLS]
    if name not in names:
        raise Fault(2, "unknown pool %s" % name)
    if name == "night":
        raise Fault(2, "['POOL_BAD_STATE', 'deactivated']\nCPU pool night is not active.")


def new_pool(config):
    if ["name_label", "night"] in config:
        raise Fault(2, "['PARAMETER_ERROR', 'Pool name \"night\" already exists']")


def cpupool_migrate(which, name):
    if which == "nosuch":
        raise Fault(2, "unknown domain nosuch")
    pool(name)


def credit_set(which, weight, cap=None):
    find(which)
    if weight == 70000:
        raise Fault(2, "Cpu weight out of range, valid values are within range from 1 to 65535")
    return 22 if weight == 22 else 0


def no_tmem(*_):
    raise Fault(2, "(38, 'Function not implemented')")


def refuse_label(*_):
    raise Fault(1, "Command not supported under XSM 'dummy' module.")


def usb_del(which, _):
    find(which)
    raise Fault(2, "Can't del usb to a non-hvm guest")


class World:
    def __init__(self):
        self.reboot = None
        self.pci_asked = 0
        self.enforcing = 1
        self.moving, self.cancelled = threading.Event(), threading.Event()

    # What a migration says whose domain is there, with and without the argument of today's clients.
    def moved(self, which, host, *more):
        if which == "ofold" and len(more) > 6:
            raise Fault(1, "xend_domain_migrate() takes at most 9 arguments (10 given)")
        if len(more) > 6:
            return {"name": which, "destination": host, "domid": 7, "milliseconds": 12345, "stopped_milliseconds": 412}
        return None

    # Domains that take their time: "slow" until it is cancelled, "handed" three seconds, and nothing cancels it.
    def take_time(self, which, *params):
        self.cancelled.clear()
        self.moving.set()
        try:
            if self.cancelled.wait(3 if which == "handed" else 20):
                raise Fault(2, "The operation was cancelled.")
        finally:
            self.moving.clear()
        return self.moved(which, *params)

    def progress(self, which):
        if not self.moving.is_set():
            raise Fault(2, "Domain %s is not being saved or moved." % which)
        return {"round": 2, "pages_sent": 50, "pages_total": 200, "pages_dirty": 300, "bytes": 5e9,
                "bytes_per_second": 47395635.0, "dirty_per_second": 3072, "estimated_downtime_ms": 412,
                "phase": "copying"}

    def cancel(self, which):
        if which == "handed":
            raise Fault(2, "Domain handed has been handed over, so this cannot be cancelled any more.")
        if which != "slow" or not self.moving.is_set():
            raise Fault(2, "Nothing goes on with domain %s that could be cancelled." % which)
        self.cancelled.set()
        return which

    def set_enforce(self, mode):
        self.enforcing = mode
        return 0

    def domain_label(self, which):
        labels = {"vm1": "system_u:system_r:domU_t", "Domain-0": "system_u:system_r:dom0_t"}
        return labels.get(which, "") if FLASK else ""

    def shutdown(self, which, mode):
        name = find(which)
        if name == "Domain-0":
            raise Fault(2, "Domain 0 cannot be shutdown")
        STATES["running"] = [n for n in STATES["running"] if n != name]
        self.was = DOMAINS.pop(name)
        self.reboot = name if mode == "reboot" else None

    def domains_with_state(self, *args):
        answer = listing(*args)
        if self.reboot:  # it is back for the next poll
            DOMAINS[self.reboot] = self.was
            self.reboot = None
        return answer

    def pci_devices(self):
        self.pci_asked += 1  # the driver is loaded after the first question
        return [{"domain": 0, "bus": 2, "slot": 0, "func": 1}, {"domain": 1, "bus": 255, "slot": 31, "func": 7}
                ] if self.pci_asked > 1 else None

    def restart_count(self, which):
        find(which)
        return "1" if hasattr(self, "was") else None

    def start(self, which, paused=True):
        name = find(which)
        if name == "held":
            raise Fault(2, "Domain is already running")
        if not paused:  # one that is started paused has ended again by the time somebody looks
            DOMAINS[name] = [["domid", 9]] + DOMAINS[name]

    # What domains that are not as the command wants them are refused with; nothing for the others.
    REFUSED = {
        ("delete", "held"): "Domain is not halted.",
        ("suspend", "stopped"): "Domain is not running",
        ("suspend", "held"): "Domain is not managed by Xend lifecycle support.",
        ("suspend", "Domain-0"): "Cannot suspend privileged domain Domain-0",
        ("resume", "held"): "Error occurred when resuming: Cannot resume domain that is not suspended.",
        ("resume", "nosuch"): "Error occurred when resuming: <Fault 3: 'nosuch'>",
        ("reset", "stopped"): "Domain 'stopped' is not started",
        ("reset", "Domain-0"): "Cannot reset privileged domain Domain-0",
        ("setName", "stopped"): "VM name 'held' already exists as domain 7",
        ("dump", "stopped"): "Domain 'stopped' is not started",
        ("dump", "held"): "Cannot dump core in a directory: /tmp",
        ("dump", "Domain-0"): "Cannot dump core for privileged domain Domain-0",
    }

    def create(self, config):
        name = dict((i[0], i[1]) for i in config[1:] if len(i) > 1)["name"]
        if name == "vm1":
            raise Fault(2, "VM name 'vm1' already exists as domain 3")
        if name == "gone":
            raise Fault(3, "gone")
        return ["domain", ["domid", 12], ["name", name]]

    def wait_for_devices(self, name):
        if name == "nodisk":
            raise Fault(2, "Device 51713 (vbd) could not be connected. Hotplug scripts not working.")

    def call(self, method, params):
        short = method.removeprefix("xend.domain.")
        calls = {
            "xend.domain": lambda which, full=False: describe(find(which), full),
            "xend.domains_with_state": self.domains_with_state,
            "xend.node.info": lambda numa=False: INFO + [["xen_scheduler", SCHEDULER]],
            "xend.node.dmesg.info": lambda: "(XEN) Xen 4.17\\n(XEN) it\\'s up\\n",
            "xend.node.dmesg.clear": lambda: None,
            "xend.node.log": lambda: "one\\ntwo",
            "xend.node.pciinfo": self.pci_devices,
            "getDeviceSxprs": devices,
            "device_create": device_create,
            "getBlockDeviceClass": lambda which, device: {"xvdb": "vbd", "xvdc": "tap"}.get(device),
            "getVCPUInfo": vcpu_info,
            "getpauseflag": lambda which: find(which) == "held",
            "getRestartCount": self.restart_count,
            "shutdown": self.shutdown,
            "start": self.start,
            "progress": self.progress,
            "cancel": self.cancel,
            "create": self.create,
            "waitForDevices": self.wait_for_devices,
            "xend.cpu_pool.list": lambda names: [p for p in POOLS if not names or p[2][1] in names],
            "xend.cpu_pool.create": new_pool,
            "xend.cpu_pool.new": new_pool,
            "xend.cpu_pool.start": pool,
            "xend.cpu_pool.destroy": pool,
            "xend.cpu_pool.delete": pool,
            "xend.cpu_pool.cpu_add": lambda name, cpu: pool(name),
            "xend.cpu_pool.cpu_remove": lambda name, cpu: pool(name),
            "xend.cpu_pool.migrate": cpupool_migrate,
            "sched_credit_get": lambda name: {"weight": 256, "cap": 50} if name != "stopped" else no_tmem(),
            "sched_credit2_get": lambda name: {"weight": 512} if name != "stopped" else no_tmem(),
            "sched_credit_set": credit_set,
            "sched_credit2_set": credit_set,
            "usb_del": usb_del,
            "xend.security.list_labels": lambda policy, kind: ["zebra", "ant"] if policy == "zoo" else [],
            "xend.security.get_labeled_resources": lambda: {},
            "xend.security.get_xstype": lambda: 2 if FLASK else 0,
            "xend.security.get_policy": lambda: ["", 0],
            "xend.security.get_resource_label": lambda resource: "",
            "xend.security.set_resource_label": refuse_label,
            "xend.security.set_domain_label": refuse_label,
            "xend.security.get_domain_label": self.domain_label,
        }
        if FLASK:
            calls |= {"xend.security.on": lambda: 2, "xend.security.getenforce": lambda: self.enforcing,
                      "xend.security.setenforce": self.set_enforce,
                      "xend.security.set_policy": lambda *args: [0, ""]}
        if method.startswith("xend.node.tmem_"):
            no_tmem()
        for key in (method, short):
            if key in calls:
                return calls[key](*params)
        if short not in SILENT:
            return {"Status": "Failure", "ErrorDescription": ["MESSAGE_METHOD_UNKNOWN", method]}
        if short in ("migrate", "save") and params[0] in ("slow", "handed"):
            return self.take_time(*params)
        if short == "migrate" and params[0] in ("vm1", "ofold"):
            return self.moved(*params)
        refused = self.REFUSED.get((short, str(params[0])))
        if refused:
            raise Fault(2, refused)
        if params[0] == "stuck":
            raise Fault(2, "/usr/libexec/xend/xc_save 46 82 0 0 0 failed")
        if short == "unpause" and params[0] == "asleep":
            raise Fault(1, "no")
        created = ["nodisk", "asleep", "fresh"]
        if short not in ("restore", "new") and params[0] not in created:
            find(params[0])
        return None


class Dispatcher(SimpleXMLRPCDispatcher):
    def __init__(self, log):
        super().__init__(allow_none=True, encoding="utf-8")
        self.log, self.world = log, World()

    def _dispatch(self, method, params):
        print(method, *[repr(p) for p in params], file=self.log, flush=True)
        return self.world.call(method, params)


class Handler(SimpleXMLRPCRequestHandler):
    protocol_version = "HTTP/1.1"
    rpc_paths = ("/RPC2",)
    disable_nagle_algorithm = False

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer, Dispatcher):
    daemon_threads = True
    logRequests = False  # asked for by the handler

    def __init__(self, path, log):
        Dispatcher.__init__(self, log)
        socketserver.UnixStreamServer.__init__(self, path, Handler)

    def handle_error(self, request, address):
        pass  # a client that did not wait for its answer

    def get_request(self):
        request, _ = super().get_request()
        return request, ("local", 0)


if __name__ == "__main__":
    if os.path.exists(sys.argv[1]):
        os.unlink(sys.argv[1])
    with open(sys.argv[2], "w") as log_file:
        Server(sys.argv[1], log_file).serve_forever()
