#include "score/service.h"

#include <stddef.h>

/* Ports: IANA's registry of service names, and the configuration that Debian and Fedora ship with the
 * packages. Web servers share a service with the ports that are customary for HTTP, for they take each
 * other's. */
enum {
    SSH,
    HTTP,
    MYSQL,
    POSTGRESQL,
    REDIS,
    MEMCACHED,
    MONGODB,
    DNS,
    SMTP,
    MAIL,
    FTP,
    SMB,
    IPP,
    RPC,
    NFS,
    NTP,
    SNMP,
    LDAP,
    PROXY,
    AMQP,
    TELNET,
    TFTP,
    DHCP,
    ELASTIC,
    KERBEROS,
    RADIUS,
    VPN,
    RDP,
    N_SERVICES
};

static const struct service services[N_SERVICES] = {
    [SSH] = {"SSH (TCP 22)", {22}, {0}},
    [HTTP] = {"HTTP (TCP 80, 443, 8080 and the like)", {80, 443, 8000, 8008, 8080, 8443, 8888}, {443}},
    [MYSQL] = {"MySQL (TCP 3306)", {3306, 33060}, {0}},
    [POSTGRESQL] = {"PostgreSQL (TCP 5432)", {5432}, {0}},
    [REDIS] = {"Redis (TCP 6379)", {6379, 16379}, {0}},
    [MEMCACHED] = {"memcached (11211)", {11211}, {11211}},
    [MONGODB] = {"MongoDB (TCP 27017)", {27017, 27018, 27019}, {0}},
    [DNS] = {"DNS (53)", {53, 853}, {53}},
    [SMTP] = {"SMTP (TCP 25, 465, 587)", {25, 465, 587}, {0}},
    [MAIL] = {"IMAP and POP (TCP 110, 143, 993, 995)", {110, 143, 993, 995}, {0}},
    [FTP] = {"FTP (TCP 20, 21)", {20, 21, 990}, {0}},
    [SMB] = {"SMB (TCP 139, 445)", {139, 445}, {137, 138}},
    [IPP] = {"IPP (631)", {631}, {631}},
    [RPC] = {"RPC (111)", {111}, {111}},
    [NFS] = {"NFS (2049)", {2049}, {2049}},
    [NTP] = {"NTP (UDP 123)", {0}, {123, 323}},
    [SNMP] = {"SNMP (UDP 161)", {0}, {161, 162}},
    [LDAP] = {"LDAP (TCP 389, 636)", {389, 636}, {389}},
    [PROXY] = {"the proxy (TCP 3128)", {3128}, {3130}},
    [AMQP] = {"AMQP (TCP 5671, 5672)", {4369, 5671, 5672, 15671, 15672, 25672}, {0}},
    [TELNET] = {"Telnet (TCP 23)", {23}, {0}},
    [TFTP] = {"TFTP (UDP 69)", {0}, {69}},
    [DHCP] = {"DHCP (UDP 67, 547)", {0}, {67, 547}},
    [ELASTIC] = {"Elasticsearch (TCP 9200, 9300)", {9200, 9300}, {0}},
    [KERBEROS] = {"Kerberos (88, 464, 749)", {88, 464, 749}, {88, 464}},
    [RADIUS] = {"RADIUS (UDP 1812, 1813)", {0}, {1645, 1646, 1812, 1813}},
    [VPN] = {"the VPN (UDP 500, 1194, 4500)", {1194}, {500, 1194, 4500}},
    [RDP] = {"RDP (3389)", {3389}, {3389}},
};

/* Names of packages of Debian, Ubuntu, Alpine, Amazon Linux and the family of Fedora. `#` stands for digits
 * and dots, `*` at the end for anything. What also is a client or a library of others is left out: its flaws
 * need no port that is open. Hence no resolvers, time servers, proxies and VPNs. */
static const struct {
    const char *name;
    int service;
} packages[] = {
    {"openssh-server*", SSH},
    {"openssh-sftp-server", SSH},
    {"dropbear*", SSH},
    {"nginx*", HTTP},
    {"libnginx-mod-*", HTTP},
    {"apache2", HTTP},
    {"apache2-bin", HTTP},
    {"apache2-data", HTTP},
    {"libapache2-mod-*", HTTP},
    {"httpd", HTTP},
    {"httpd-core", HTTP},
    {"httpd-filesystem", HTTP},
    {"mod_ssl", HTTP},
    {"mod_http2", HTTP},
    {"mod_lua", HTTP},
    {"mod_session", HTTP},
    {"lighttpd*", HTTP},
    {"caddy", HTTP},
    {"tomcat", HTTP},
    {"tomcat#", HTTP},
    {"tomcat#-common", HTTP},
    {"mysql-server*", MYSQL},
    {"mysql-community-server", MYSQL},
    {"mariadb-server*", MYSQL},
    {"postgresql", POSTGRESQL},
    {"postgresql-#", POSTGRESQL},
    {"postgresql-server", POSTGRESQL},
    {"postgresql#", POSTGRESQL},
    {"postgresql#-server", POSTGRESQL},
    {"redis", REDIS},
    {"redis#", REDIS},
    {"redis-server", REDIS},
    {"valkey", REDIS},
    {"valkey-server", REDIS},
    {"memcached", MEMCACHED},
    {"mongodb-org-server", MONGODB},
    {"mongodb-server*", MONGODB},
    {"pdns-server", DNS},
    {"pdns", DNS},
    {"knot", DNS},
    {"nsd", DNS},
    {"exim4*", SMTP},
    {"exim", SMTP},
    {"postfix", SMTP},
    {"sendmail-bin", SMTP},
    {"opensmtpd", SMTP},
    {"dovecot*", MAIL},
    {"cyrus-imapd*", MAIL},
    {"vsftpd", FTP},
    {"proftpd*", FTP},
    {"pure-ftpd*", FTP},
    {"samba", SMB},
    {"cups", IPP},
    {"cups-daemon", IPP},
    {"rpcbind", RPC},
    {"nfs-kernel-server", NFS},
    {"snmpd", SNMP},
    {"net-snmp", SNMP},
    {"slapd", LDAP},
    {"openldap-servers", LDAP},
    {"rabbitmq-server", AMQP},
    {"telnetd", TELNET},
    {"telnet-server", TELNET},
    {"inetutils-telnetd", TELNET},
    {"tftpd-hpa", TFTP},
    {"tftp-server", TFTP},
    {"isc-dhcp-server", DHCP},
    {"dhcp-server", DHCP},
    {"kea*", DHCP},
    {"elasticsearch", ELASTIC},
    {"krb5-kdc", KERBEROS},
    {"krb5-admin-server", KERBEROS},
    {"krb5-server", KERBEROS},
    {"freeradius", RADIUS},
    {"xrdp", RDP},
};

_Static_assert((int)N_SERVICES <= (int)SERVICES_MAX, "services have numbers below SERVICES_MAX");

const struct service *service_at(int number)
{
    return number < N_SERVICES ? &services[number] : NULL;
}

static bool matches(const char *pattern, struct str name)
{
    size_t at = 0;
    for (; *pattern; pattern++) {
        size_t from = at;
        if (*pattern == '*')
            return true;
        if (*pattern != '#') {
            if (at == name.n || name.p[at++] != *pattern)
                return false;
            continue;
        }
        while (at < name.n && (is_digit(name.p[at]) || name.p[at] == '.'))
            at++;
        if (at == from)
            return false;
    }
    return at == name.n;
}

int service_of_package(struct str name)
{
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++)
        if (matches(packages[i].name, name))
            return packages[i].service;
    return -1;
}

static bool listens(const struct service *s, bool udp, int port)
{
    const int *ports = udp ? s->udp : s->tcp;
    for (int i = 0; i < SERVICE_PORTS && ports[i]; i++)
        if (ports[i] == port)
            return true;
    return false;
}

bool service_speaks(int number, bool udp)
{
    return (udp ? services[number].udp : services[number].tcp)[0];
}

bool service_may_listen(int number, bool udp, int port)
{
    if (!service_speaks(number, udp))
        return false;
    if (listens(&services[number], udp, port))
        return true;
    for (int i = 0; i < N_SERVICES; i++)
        if (listens(&services[i], udp, port))
            return false;
    return true;
}
