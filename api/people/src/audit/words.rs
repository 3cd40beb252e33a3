//! What the names of deeds mean, in plain Chinese.

use platform::session::Role;

/// Name in the trail, for the administrator, and for the resident whose data it is.
const DEEDS: &[(&str, &str, &str)] = &[
    ("session.begin", "登录", "登录"),
    ("session.end", "退出", "退出"),
    ("session.refuse", "登录失败", "登录失败"),
    ("access.refused", "越权访问被拒", "试图打开没有权限的页面"),
    ("resident.read", "查看居民资料", "查看了您的个人资料"),
    ("field.reveal", "显示被隐去的内容", "查看了原本隐去的内容"),
    ("consultation.begin", "开始预问诊", "开始了预问诊"),
    ("consultation.answer", "回答预问诊", "回答了预问诊"),
    ("consultation.undo", "撤回回答", "撤回了回答"),
    ("consultation.restart", "重新开始预问诊", "重新开始了预问诊"),
    ("consultation.amend", "修改病历", "修改了病历"),
    ("consultation.confirm", "确认病历", "确认并发送了病历"),
    ("consultation.list", "在列表中看到", "在本科室当天的名单里看到了您"),
    ("consultation.read", "查看预问诊", "打开了您的预问诊病历"),
    ("prescription.upload", "上传处方", "上传了您的饮片处方"),
    ("prescription.amend", "修改处方", "修改了您的饮片处方"),
    ("prescription.sign", "双签字", "医生对您的饮片处方再次签名"),
    ("prescription.state", "查询处方", "查询了您的饮片处方"),
    ("prescription.read", "查看处方", "打开了您的饮片处方"),
    ("prescription.list", "在处方列表中看到", "在待复核的处方列表里看到了您"),
    ("prescription.decide", "审方", "审核了您的饮片处方"),
    ("prescription.time_out", "超时通过", "您的饮片处方在时限内没有人审，由系统通过"),
    ("prescription.review", "复核超时通过的处方", "事后复核了您的饮片处方"),
    ("prescription.cancel", "取消处方", "取消了您的饮片处方"),
    ("prescription.pay", "处方付费", "记下了您的饮片处方已付费"),
    ("prescription.refund_decide", "处方退费申请", "处理了您的饮片处方的退费申请"),
    ("prescription.refund", "处方退费", "记下了您的饮片处方已退费"),
    ("prescription.process", "处理饮片订单", "配制或交付了您的饮片"),
    ("prescription.process_read", "查看饮片订单", "为配药打开了您的饮片处方"),
    ("order.read", "查看订单", "在订单管理里打开了您的饮片处方"),
    ("order.assign", "改派订单", "为您的饮片处方指定了配药企业"),
    ("order.redirect", "改配送", "更改了您的饮片的配送方式或地址"),
    ("order.price", "补记费用", "补记了您的饮片处方的费用"),
    ("herbal.share", "设置分单", "设置了医院的处方分给哪些企业"),
    ("prescription.call", "处方接口被拒", "处方接口的一次调用被拒"),
    ("herbal.site", "设置审方", "设置了机构的审方时限"),
    ("herbal.secret", "换处方接口密钥", "换了机构处方接口的密钥"),
    ("health.forget", "清除阅读记录", "清除了阅读记录"),
    ("template.create", "新建问卷模板", "新建了问卷模板"),
    ("template.edit", "修改问卷模板", "修改了问卷模板"),
    ("template.submit", "提交问卷模板", "把问卷模板提交审核"),
    ("template.withdraw", "撤回问卷模板", "撤回了提交审核的问卷模板"),
    ("template.pass", "科室通过问卷模板", "代表科室通过了问卷模板"),
    ("template.publish", "发布问卷模板", "审核通过并发布了问卷模板"),
    ("template.return", "退回问卷模板", "退回了问卷模板"),
    ("template.retire", "停用问卷模板", "停用了问卷模板"),
    ("template.map", "匹配科室模板", "调整了科室使用的问卷模板"),
    ("template.policy", "设置模板审核", "设置了模板审核的步骤"),
    ("catalogue.change", "修改饮片目录", "修改了饮片目录"),
    ("catalogue.company", "修改代煎企业", "修改了代煎企业的资料"),
    ("statement.upload", "上传对账单", "上传了对账单"),
    ("statement.check", "重新核对对账单", "重新核对了对账单"),
    ("statement.correct", "更正订单对账信息", "更正了订单的对账信息"),
    ("statement.confirm", "确认对账单", "确认了对账单"),
    ("statement.withdraw", "撤回对账确认", "撤回了对账确认"),
    ("statement.send", "上传阳光平台", "把对账单上传阳光平台"),
    ("statement.send_end", "阳光平台回应", "收到阳光平台的回应"),
    ("statement.invoice", "登记发票", "登记了发票"),
    ("statement.write_off", "核销对账单", "核销了对账单"),
    ("statement.return", "退回对账单", "退回了对账单"),
    ("statement.approve", "审核对账单", "审核通过了对账单"),
    ("statement.pay", "登记付款", "登记了付款"),
    ("statistics.export", "导出统计", "导出了统计数字"),
    ("statistics.records", "查看报告清单", "查看了预问诊报告的清单"),
    ("release.publish", "发布知识版本", "发布了知识版本"),
    ("release.activate", "启用知识版本", "启用了知识版本"),
    ("knowledge.draft", "修改知识草稿", "修改了知识草稿"),
    ("knowledge.discard", "放弃知识草稿", "放弃了知识草稿"),
    ("knowledge.trial", "用上月就诊试算规则", "用上月的就诊试算了规则"),
    ("knowledge.export", "导出知识图谱", "导出了知识图谱"),
    ("role.create", "新建角色", "新建了角色"),
    ("role.change", "修改角色权限", "修改了角色权限"),
    ("role.give", "授予角色", "授予了角色"),
    ("role.take", "收回角色", "收回了角色"),
    ("audit.search", "查询审计", "查询了审计记录"),
    ("audit.export", "导出审计", "导出了审计记录"),
    ("audit.verify", "核对审计链", "核对了审计链"),
    ("session.revoke", "结束其他登录", "结束了其他设备上的登录"),
    ("session.prove", "再次验证身份", "再次验证了身份"),
    ("account.create", "新建账号", "新建了账号"),
    ("account.disable", "停用账号", "停用了账号"),
    ("account.enable", "启用账号", "启用了账号"),
    ("account.reset", "重置密码", "重置了密码"),
    ("account.unlock", "解除锁定", "解除了锁定"),
    ("account.password", "修改密码", "修改了密码"),
    ("account.second_factor", "更改二次验证", "更改了二次验证"),
    ("account.recovery_codes", "更换恢复码", "更换了恢复码"),
    ("account.recovery_code_used", "用恢复码登录", "用恢复码登录"),
    ("realname.consent", "同意实名告知", "同意了实名告知书"),
    ("realname.submit", "提交实名", "提交了实名申请"),
    ("realname.read", "查看实名申请", "查看了您的实名申请"),
    ("realname.read_photo", "查看证件照片", "查看了您的证件照片"),
    ("realname.approve", "通过实名", "通过了您的实名申请"),
    ("realname.reject", "驳回实名", "驳回了您的实名申请"),
    ("realname.wipe_photos", "清除证件照片", "到期清除了您的证件照片"),
    ("family.add", "添加就诊人", "添加了就诊人"),
    ("family.switch", "切换就诊人", "切换了就诊人"),
    ("family.revoke", "撤销就诊人", "撤销了就诊人"),
    ("organisation.change", "修改机构参数", "修改了机构参数"),
    ("entry.register", "登记合作方", "登记了合作方"),
    ("entry.set_active", "启停合作方", "启停了合作方"),
    ("entry.enter", "从合作方进入", "从合作方的链接进入"),
    ("entry.ticket", "发给合作方凭据", "同意把资料交给合作方"),
    ("entry.redeem", "合作方取资料", "合作方取走了您同意给的资料"),
    ("feedback.submit", "提交反馈", "提交了反馈"),
    ("feedback.follow_up", "追加反馈", "追加了反馈"),
    ("feedback.rate", "评价处理", "评价了处理"),
    ("feedback.reopen", "重新打开反馈", "重新打开了反馈"),
    ("feedback.wipe_photos", "清除反馈照片", "到期清除了您附在反馈里的照片"),
    ("feedback.read", "查看反馈", "查看了您的反馈"),
    ("feedback.claim", "认领反馈", "认领了您的反馈"),
    ("feedback.reply", "答复反馈", "答复了您的反馈"),
    ("feedback.note", "记内部备注", "记了内部备注"),
    ("feedback.close", "办结反馈", "办结了您的反馈"),
    ("message.log.read", "查看消息记录", "查看了推送给您的消息记录"),
    ("message.retry", "重发消息", "重发了消息"),
    ("consultation.import", "导入病历", "把您的预问诊导入了医院病历"),
    ("consultation.export", "导出病历文档", "导出了您的预问诊病历文档"),
    ("consultation.verify", "扫码核验", "核验了您的预问诊"),
    ("delivery.end", "送达医院", "把您的预问诊送给了医院"),
    ("delivery.resend", "重新送达", "把您的预问诊重新送给了医院"),
    ("feed.read", "医院取走结果", "取走了您的预问诊结果"),
    ("archive.consent", "同意取健康档案", "同意取健康档案"),
    ("archive.fetch", "取健康档案", "取了健康档案给您核对"),
    ("archive.decide", "核对健康档案", "核对了健康档案"),
    ("exchange.mode", "改取数方式", "改了机构的取数方式"),
    ("exchange.secret", "换机构密钥", "换了机构的密钥"),
    ("template.decide", "处理外来模板", "处理了外来模板"),
    ("directory.add", "由统一用户建立账号", "由统一用户建立了账号"),
    ("directory.change", "随统一用户变动", "随统一用户变动了账号"),
    ("directory.close", "随统一用户停用", "随统一用户停用了账号"),
    ("directory.open", "随统一用户启用", "随统一用户启用了账号"),
    ("directory.join", "关联统一用户", "关联了统一用户"),
    ("directory.role", "修改角色对照", "修改了角色对照"),
    ("integrity.begin", "建立校验码", "建立了校验码"),
    ("integrity.renew", "升级后更新校验码", "更新了校验码"),
    ("key.rotate", "更换密钥", "更换了密钥"),
    ("backup.make", "备份", "做了备份"),
    ("backup.verify", "核对备份", "核对了备份"),
    ("backup.restore", "恢复备份", "用备份恢复了数据"),
];

/// For the administrator; the name itself where it is not known here.
pub(super) fn title(action: &str) -> &str {
    found(action).map_or(action, |(_, title, _)| title)
}

/// For the resident.
pub(super) fn plain(action: &str) -> &'static str {
    found(action).map_or("查看或处理了您的资料", |(_, _, plain)| plain)
}

/// Names and titles, to choose from.
pub(super) fn choices() -> impl Iterator<Item = (&'static str, &'static str)> {
    DEEDS.iter().map(|(name, title, _)| (*name, *title))
}

fn found(action: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    DEEDS.iter().find(|(name, _, _)| *name == action)
}

/// Tone and text of an outcome.
pub(super) fn outcome(name: &str) -> (&'static str, &'static str) {
    match name {
        "done" => ("ok", "成功"),
        "denied" => ("danger", "被拒"),
        _ => ("warn", "失败"),
    }
}

/// A role of the trail in Chinese.
pub(super) fn role(name: &str) -> &str {
    match name {
        "resident" => "居民",
        "system" => "系统",
        name => match Role::named(name) {
            Some(role) => role.text(),
            None => name,
        },
    }
}
